/** So many events make a full request worth its cost; a claim is not put off to gather more. */
const enoughEvents = 500;
/** The rate of arrivals is an exponential moving average with this time constant. */
const averageMs = 250;
/** While much comes, a claim that found nothing came shortly before a commit: the next one follows after this time. */
const againMs = 25;
/** After a longer pause, events are taken to have come within this time: most of a burst is still to come. */
const burstMs = 100;

export type Linger = ReturnType<typeof createLinger>;

/**
 * How long the due events of a Current gather between two claims, as `linger.ms` of a Kafka producer: claim, request and
 * record of one event cost as much as those of hundreds. The window shrinks as more arrives, so that in a flood, where
 * requests are full anyway, nothing waits.
 */
export function createLinger() {
  let eventsPerMs = 0;
  let claimedMs = -Infinity;
  let isEmpty = false;
  const gatheringMs = (maxMs: number): number => Math.min(maxMs, enoughEvents / eventsPerMs);
  return {
    /** A claim at `nowMs` took so many events. */
    onClaimed(events: number, nowMs: number): void {
      const sinceMs = Math.max(1, nowMs - claimedMs);
      const gatheredMs = sinceMs > 4 * averageMs ? burstMs : sinceMs;
      eventsPerMs += (events / gatheredMs - eventsPerMs) * (1 - Math.exp(-sinceMs / averageMs));
      claimedMs = nowMs;
      isEmpty = events === 0;
    },
    /** Milliseconds from one claim to the next. */
    ms(maxMs: number): number {
      const ms = gatheringMs(maxMs);
      return isEmpty && ms < maxMs ? Math.min(ms, againMs) : ms;
    },
    /** Whether events come so slowly that they gather for the longest time. */
    isLong: (maxMs: number): boolean => gatheringMs(maxMs) === maxMs,
  };
}
