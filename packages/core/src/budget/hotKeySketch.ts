import type { QuotaWatch } from './decayedCounter.js';

/**
 * Tells the few keys that may come near their budget from the many that never do, without keeping any of them: counts
 * by hash, for this half of the period and for the last. What was added is never told too low and seldom too high; of
 * bytes, within a few per cent.
 */
export interface WarmKeys {
  /** Counts `weight` for the key, and tells whether the key has become warm. */
  add(key: string, weight: number, nowMs: number): boolean;
  /** Whether any key may be warm. */
  someAreWarm(nowMs: number): boolean;
}

const slots = 65_536;

/**
 * @param threshold how much a key may use in a period before it counts as warm.
 * @param watch told of keys that have used much for long.
 */
export function createWarmKeys(threshold: number, perMs: number, watch?: QuotaWatch): WarmKeys {
  // Every key has a place of its own, which is seldom in the caches. So both halves of a slot lie side by side, and small:
  // what costs is to fetch them. The last half of a slot that a quota's watch looks at is told from others by being less than 0.
  const counts = new Float32Array(2 * slots);
  let turnMs = 0;
  let warmUntilMs = 0;
  let lastKey: string | undefined;
  let lastPlace = 0;

  function turn(nowMs: number): void {
    const ended = new Float32Array(slots);
    const isLongAgo = nowMs >= turnMs + perMs / 2;
    for (let slot = 0; slot < slots; slot++) {
      const count = counts[2 * slot] as number;
      ended[slot] = count;
      counts[2 * slot] = 0;
      counts[2 * slot + 1] = isLongAgo ? 0 : count;
    }
    for (const slot of watch?.fold(ended, nowMs) ?? []) counts[2 * slot + 1] = -1 - (counts[2 * slot + 1] as number);
    turnMs = nowMs + perMs / 2;
  }

  function tell(isWarm: boolean): boolean {
    // Nobody is warm any more once both halves have passed.
    if (isWarm) warmUntilMs = turnMs + perMs / 2;
    return isWarm;
  }

  return {
    someAreWarm: (nowMs) => nowMs < warmUntilMs,

    add(key, weight, nowMs) {
      if (nowMs >= turnMs) turn(nowMs);
      // Where a budget is the whole project's, it is the same key every time.
      const place = key === lastKey ? lastPlace : placeOf(key);
      lastKey = key;
      lastPlace = place;
      const count = (counts[place] as number) + weight;
      counts[place] = count;
      const before = counts[place + 1] as number;
      if (before >= 0) return tell(count + before > threshold);
      watch?.watch(key);
      return tell(count - before - 1 > threshold);
    },
  };
}

/** FNV-1a. To read a character costs a nanosecond or two; so all count at the end, where ids differ most, and some of the rest. */
function placeOf(key: string): number {
  const { length } = key;
  const rest = Math.max(0, length - 6);
  const step = 1 + ((rest / 6) | 0);
  let hash = 0x811c9dc5 ^ length;
  for (let at = 0; at < rest; at += step) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  for (let at = rest; at < length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return 2 * ((hash ^ (hash >>> 16)) & (slots - 1));
}
