import type { DecayedCounter } from './decayedCounter.js';

/** A worker has a sketch for each budget of each Current; most see few keys. */
const minSlots = 256;
const maxSlots = 65_536;
/** It grows so much when this share of its slots is used in half a period. */
const growth = 4;
const usedShare = 1 / 4;

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
  let slots = minSlots;
  let counts = new Float32Array(2 * slots);
  /** Slots used since the last rotation. */
  let used = 0;
  let rotateAtMs = 0;
  let hotUntilMs = 0;
  let lastKey: string | undefined;
  let lastIndex = 0;

  const indexOf = (key: string): number => 2 * (hashOf(key) & (slots - 1));

  function resize(to: number): void {
    slots = to;
    counts = resized(counts, 2 * slots);
    lastKey = undefined;
  }

  function rotate(nowMs: number): void {
    const ended = new Float32Array(slots);
    const isStale = nowMs >= rotateAtMs + periodMs / 2;
    used = 0;
    for (let slot = 0; slot < slots; slot++) {
      const count = counts[2 * slot] as number;
      ended[slot] = count;
      counts[2 * slot] = 0;
      counts[2 * slot + 1] = isStale ? 0 : count;
    }
    for (const slot of counter?.fold(ended, nowMs) ?? []) counts[2 * slot + 1] = -1 - (counts[2 * slot + 1] as number);
    rotateAtMs = nowMs + periodMs / 2;
    // Nothing came for a while, and no slot but those of the decayed counter has a count.
    if (isStale && slots > minSlots) resize(minSlots);
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
      let index = key === lastKey ? lastIndex : indexOf(key);
      if (counts[index] === 0 && ++used > slots * usedShare && slots < maxSlots) {
        resize(slots * growth);
        index = indexOf(key);
      }
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
function hashOf(key: string): number {
  const { length } = key;
  const rest = Math.max(0, length - 6);
  const step = 1 + ((rest / 6) | 0);
  let hash = 0x811c9dc5 ^ length;
  for (let at = 0; at < rest; at += step) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  for (let at = rest; at < length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return hash ^ (hash >>> 16);
}

/**
 * The counts of another number of slots, both powers of two. A key has one of the slots that were made of its former one,
 * and no count is lower than before.
 */
export function resized(counts: Float32Array, length: number): Float32Array<ArrayBuffer> {
  const result = new Float32Array(length);
  for (let index = 0; index < Math.max(counts.length, length); index++) {
    const to = index & (length - 1);
    const count = counts[index & (counts.length - 1)] as number;
    if (Math.abs(count) > Math.abs(result[to] as number)) result[to] = count;
  }
  return result;
}
