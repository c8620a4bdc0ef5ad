import type { Quota } from '@currents/connector';

/** What one key has used of its quota, since that was last asked. */
export interface QuotaUse {
  readonly key: string;
  readonly used: number;
}

/**
 * Finds the few keys that use much over a long time, and counts what is delivered of these alone. It looks at the table
 * of the warm keys as it is turned over, so that a key that is not among the few costs nothing.
 */
export interface QuotaWatch {
  /** What the slots have counted in a time that ended now. Answers the slots that a key to be watched may be in. */
  fold(counts: Float32Array, nowMs: number): readonly number[];
  /** A key in such a slot has come. */
  watch(key: string): void;
  watches(key: string): boolean;
  /** Whether any key is watched. */
  isAwake(): boolean;
  count(key: string, weight: number): void;
  takeUses(): readonly QuotaUse[];
}

/** What a key may use before anybody looks: that much may be missing from its count, in each worker. */
const unseenShare = 0.02;
/** A slot is not worth a look for what it has of a crowd: so at most one slot in eight is looked at, however much flows. */
const crowdFactor = 8;
/** Keys watched at once; more are not near a quota each. */
const mostKeys = 1_000;

export function createQuotaWatch({ allow, perMs }: Quota): QuotaWatch {
  let used: Float32Array | undefined;
  let foldedMs = 0;
  let keys = new Set<string>();
  /** The keys of the fold before: what of them is under way still counts. */
  let before = new Set<string>();
  let uses = new Map<string, number>();
  return {
    fold(counts, nowMs) {
      used ??= new Float32Array(counts.length);
      const kept = Math.exp((foldedMs - nowMs) / perMs);
      foldedMs = nowMs;
      let sum = 0;
      for (let slot = 0; slot < counts.length; slot++)
        sum += used[slot] = (used[slot] as number) * kept + (counts[slot] as number);
      const least = Math.max(allow * unseenShare, (crowdFactor * sum) / counts.length);
      const busy: number[] = [];
      for (let slot = 0; slot < counts.length; slot++) if ((used[slot] as number) > least) busy.push(slot);
      // Whoever goes on comes back with its next event.
      [before, keys] = [keys, new Set()];
      return busy;
    },
    watch: (key) => void (keys.size < mostKeys && keys.add(key)),
    watches: (key) => keys.has(key) || before.has(key),
    isAwake: () => keys.size + before.size > 0,
    count: (key, weight) => void uses.set(key, (uses.get(key) ?? 0) + weight),
    takeUses() {
      const taken = [...uses].map(([key, used]) => ({ key, used }));
      uses = new Map();
      return taken;
    },
  };
}
