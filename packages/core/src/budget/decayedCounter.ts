import type { Quota } from '@currents/connector';
import { resized } from './hotKeySketch.js';

/** What one key has used of its quota since the last call of `takeUsage`. */
export interface KeyQuotaUsage {
  readonly key: string;
  readonly used: number;
}

export type DecayedCounter = ReturnType<typeof createDecayedCounter>;

/** Usage below this share of the quota is not tracked: so much may be missing from a key's count, in each worker. */
const watchShare = 0.02;
/** A slot must exceed the average by this factor, so that many small keys do not cause more than one slot in eight to be watched. */
const crowdFactor = 8;
/** The number of keys watched at once; no more than that can be near a quota each. */
const maxWatchedKeys = 1_000;

/**
 * Finds heavy hitters over a long period with exponentially decayed counters (Cormode, Korn and Tirthapura,
 * "Exponentially decayed aggregates on data streams", 2008), one per slot of the hot-key sketch, and counts exactly
 * what is delivered for these keys alone. A key that is not among them costs nothing.
 */
export function createDecayedCounter({ limit, periodMs }: Quota) {
  let used: Float32Array | undefined;
  let foldedMs = 0;
  let keys = new Set<string>();
  /** The keys of the previous fold; what is in flight for them still counts. */
  let previousKeys = new Set<string>();
  let usage = new Map<string, number>();
  return {
    /** Adds what the slots of the sketch have counted until now. Returns the slots whose keys are to be watched. */
    fold(counts: Float32Array, nowMs: number): readonly number[] {
      used ??= new Float32Array(counts.length);
      // The sketch has grown or shrunk.
      if (used.length !== counts.length) used = resized(used, counts.length);
      const decay = Math.exp((foldedMs - nowMs) / periodMs);
      foldedMs = nowMs;
      let sum = 0;
      for (let slot = 0; slot < counts.length; slot++)
        sum += used[slot] = (used[slot] as number) * decay + (counts[slot] as number);
      const threshold = Math.max(limit * watchShare, (crowdFactor * sum) / counts.length);
      const heavy: number[] = [];
      for (let slot = 0; slot < counts.length; slot++) if ((used[slot] as number) > threshold) heavy.push(slot);
      // A key that stays heavy is added again with its next event.
      [previousKeys, keys] = [keys, new Set()];
      return heavy;
    },
    /** Watches a key that came in such a slot. */
    watch: (key: string) => void (keys.size < maxWatchedKeys && keys.add(key)),
    isWatched: (key: string) => keys.has(key) || previousKeys.has(key),
    /** Whether any key is watched. */
    isWatching: () => keys.size + previousKeys.size > 0,
    count: (key: string, weight: number) => void usage.set(key, (usage.get(key) ?? 0) + weight),
    takeUsage(): readonly KeyQuotaUsage[] {
      const taken = [...usage].map(([key, used]) => ({ key, used }));
      usage = new Map();
      return taken;
    },
  };
}
