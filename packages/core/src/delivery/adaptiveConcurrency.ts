/**
 * The number of concurrent requests of one Current: additive increase, multiplicative decrease (AIMD; Chiu and Jain,
 * 1989), as in TCP. It grows while the partner is fast, and shrinks when it refuses, times out or slows down.
 */
export type AdaptiveConcurrency = ReturnType<typeof createAdaptiveConcurrency>;

const initialLimit = 2;
/** A response slower than `slowFactor` × the recent minimum counts as congestion. */
const slowFactor = 3;
/** Responses below this time are never slow: a busy machine alone causes as much. */
const neverSlowMs = 100;
/** The share of the newest attempt in the average of its own work. */
const newestShare = 0.1;
/** The recent minimum rises by this share with each response, so that it follows a partner that becomes slower. */
const minimumDecay = 0.005;

export function createAdaptiveConcurrency() {
  let limit = initialLimit;
  let recentMinMs = Infinity;
  let inFlight = 0;
  /** The milliseconds for which an attempt keeps the worker busy before its first request: a moving average. */
  let workMs = 0;
  return {
    /** At least 1 and at most `max`, the connector's limit. */
    limit(max: number) {
      // A limit beyond `max` would take too long to shrink when the partner slows down.
      limit = Math.min(limit, max);
      return Math.max(1, Math.floor(limit));
    },
    /** An attempt has mapped its events, which took so many milliseconds. */
    onMapped: (ms: number) => void (workMs += (ms - workMs) * newestShare),
    /** Whether an attempt waits for the partner longer than it works. Otherwise those in flight wait for one another. */
    isPartnerSlower: () => recentMinMs > workMs,
    onRequest: () => void inFlight++,
    /** A request was accepted after so many milliseconds. */
    onResponse(ms: number) {
      const isUsed = inFlight > limit / 2;
      inFlight--;
      recentMinMs = Math.min(ms, recentMinMs + (Number.isFinite(recentMinMs) ? recentMinMs * minimumDecay : 0));
      if (ms > neverSlowMs && ms > recentMinMs * slowFactor) limit = Math.max(1, limit - 1 / limit);
      // One more for each full round of responses. Not while the worker itself is the bottleneck: more attempts would then
      // only wait for it, and for the events of each other's users (congestion window validation, RFC 7661).
      else if (isUsed) limit += 1 / limit;
    },
    /**
     * A request was refused, or not answered. How long that took says nothing about an answer: refusals are often so quick
     * that each request accepted after an outage would be slow beside them.
     */
    onRefused: () => void inFlight--,
    /** The partner asked for a pause, or did not answer. */
    onCongestion() {
      limit = Math.max(1, limit / 2);
    },
  };
}
