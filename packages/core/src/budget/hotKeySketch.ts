import type { DecayedCounter } from './decayedCounter.js';

const slots = 65_536;

/**
 * Finds the few keys that may come near their budget, without storing any key: a count-min sketch of depth one (Cormode
 * and Muthukrishnan, 2005) over a sliding window of two half periods. A count is never too low and rarely too high;
 * counts of bytes are accurate to a few per cent.
 * @param threshold how much a key may use in a period before it is hot.
 * @param counter learns which keys have used much over a long time.
 */
export function createHotKeySketch(threshold: number, periodMs: number, counter?: DecayedCounter) {
  // Each key has a slot of its own, which is rarely in the CPU caches; fetching it is the cost. So both halves of a slot
  // are adjacent and small. In a slot that the decayed counter watches, the previous half is stored as a negative number.
  const counts = new Float32Array(2 * slots);
  let rotateAtMs = 0;
  let hotUntilMs = 0;
  let lastKey: string | undefined;
  let lastIndex = 0;

  function rotate(nowMs: number): void {
    const ended = new Float32Array(slots);
    const isStale = nowMs >= rotateAtMs + periodMs / 2;
    for (let slot = 0; slot < slots; slot++) {
      const count = counts[2 * slot] as number;
      ended[slot] = count;
      counts[2 * slot] = 0;
      counts[2 * slot + 1] = isStale ? 0 : count;
    }
    for (const slot of counter?.fold(ended, nowMs) ?? []) counts[2 * slot + 1] = -1 - (counts[2 * slot + 1] as number);
    rotateAtMs = nowMs + periodMs / 2;
  }

  function noteHot(isHot: boolean): boolean {
    // No key is hot once both halves have passed.
    if (isHot) hotUntilMs = rotateAtMs + periodMs / 2;
    return isHot;
  }

  return {
    /** Whether any key may be hot. */
    hasHotKeys: (nowMs: number) => nowMs < hotUntilMs,

    /** Counts `weight` for the key. Returns whether the key is hot. */
    add(key: string, weight: number, nowMs: number): boolean {
      if (nowMs >= rotateAtMs) rotate(nowMs);
      // A budget of the whole project has the same key every time.
      const index = key === lastKey ? lastIndex : indexOf(key);
      lastKey = key;
      lastIndex = index;
      const count = (counts[index] as number) + weight;
      counts[index] = count;
      const previous = counts[index + 1] as number;
      if (previous >= 0) return noteHot(count + previous > threshold);
      counter?.watch(key);
      return noteHot(count - previous - 1 > threshold);
    },
  };
}

/**
 * FNV-1a. Reading a character costs a nanosecond or two, so the hash covers the last six, where ids differ most, and a
 * sample of the others.
 */
function indexOf(key: string): number {
  const { length } = key;
  const rest = Math.max(0, length - 6);
  const step = 1 + ((rest / 6) | 0);
  let hash = 0x811c9dc5 ^ length;
  for (let at = 0; at < rest; at += step) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  for (let at = rest; at < length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return 2 * ((hash ^ (hash >>> 16)) & (slots - 1));
}
