import type { QuotaWatch } from './quotaWatch.js';

/**
 * Tells the few keys that may come near their budget from the many that never do, without keeping any of them: counts
 * by hash in two fixed tables, one for this half of the period and one for the last. Never too low, seldom too high.
 */
export interface WarmKeys {
  /** Counts `weight` for the key, and tells whether the key has become warm. */
  add(key: string, weight: number, nowMs: number): boolean;
}

const slots = 65_536;
/** Added to slots that a quota's watch looks at: so whoever is in none of them is not asked whether it is. */
const watched = 2 ** 50;

/**
 * @param threshold how much a key may use in a period before it counts as warm.
 * @param watch told of keys that have used much for long.
 */
export function createWarmKeys(threshold: number, perMs: number, watch?: QuotaWatch): WarmKeys {
  let current = new Float64Array(slots);
  let last = new Float64Array(slots);
  let turnMs = 0;
  return {
    add(key, weight, nowMs) {
      if (nowMs >= turnMs) {
        [current, last] = [last.fill(0), current];
        const busy = watch?.fold(last, nowMs) ?? [];
        if (nowMs >= turnMs + perMs / 2) last.fill(0);
        for (const slot of busy) last[slot] = (last[slot] as number) + watched;
        turnMs = nowMs + perMs / 2;
      }
      const slot = slotOf(key);
      const count = (current[slot] as number) + weight;
      current[slot] = count;
      const total = count + (last[slot] as number);
      if (total < watched) return total > threshold;
      watch?.watch(key);
      return total - watched > threshold;
    },
  };
}

/** FNV-1a over the end of the key, where ids differ most. */
function slotOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = Math.max(0, key.length - 20); index < key.length; index++) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  return (hash ^ (hash >>> 16)) & (slots - 1);
}
