/** So many events make a full request worth its cost; a claim is not put off to gather more. */
const enoughEvents = 500;
/** The share of the newest claim in the moving average of the rate. */
const newestShare = 0.3;

export type Linger = ReturnType<typeof createLinger>;

/**
 * How long the due events of a Current gather between two claims, as `linger.ms` of a Kafka producer: claim, request and
 * record of one event cost as much as those of hundreds. The window shrinks as more arrives, so that in a flood, where
 * requests are full anyway, nothing waits.
 */
export function createLinger() {
  let eventsPerMs = 0;
  let claimedMs = -Infinity;
  return {
    /** A claim at `nowMs` took so many events. */
    onClaimed(events: number, nowMs: number): void {
      eventsPerMs += (events / Math.max(1, nowMs - claimedMs) - eventsPerMs) * newestShare;
      claimedMs = nowMs;
    },
    /** Milliseconds from one claim to the next. */
    ms: (maxMs: number): number => Math.min(maxMs, enoughEvents / eventsPerMs),
  };
}
