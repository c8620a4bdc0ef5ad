/**
 * How many requests of one Current may be under way at once: more while the partner is fast, fewer when it refuses,
 * times out or slows down.
 */
export interface AdaptiveConcurrency {
  /** At least 1, at most what the connector declares. */
  limit(most: number): number;
  /** A request was answered after so many milliseconds. */
  onResponse(ms: number): void;
  /** The partner asked for a pause, or did not answer. */
  onCongestion(): void;
}

const first = 2;
/** Slower than this many times the fastest of late means that the partner, or this machine, has enough to do. */
const slowFactor = 3;
/** A machine that is busy by itself makes answers this late; below it nothing is called slow. */
const neverSlowMs = 100;
/** How quickly the fastest answer is forgotten: by this share with each answer. */
const forgetting = 0.005;

export function createAdaptiveConcurrency(): AdaptiveConcurrency {
  let allowed = first;
  let fastestMs = Infinity;
  return {
    limit(most) {
      // What is saved up beyond the most could not be lost quickly enough when the partner slows down.
      allowed = Math.min(allowed, most);
      return Math.max(1, Math.floor(allowed));
    },
    onResponse(ms) {
      fastestMs = Math.min(ms, fastestMs + (Number.isFinite(fastestMs) ? fastestMs * forgetting : 0));
      if (ms > neverSlowMs && ms > fastestMs * slowFactor) allowed = Math.max(1, allowed - 1 / allowed);
      // One more for every full round of answers.
      else allowed += 1 / allowed;
    },
    onCongestion() {
      allowed = Math.max(1, allowed / 2);
    },
  };
}
