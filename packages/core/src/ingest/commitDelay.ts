/** A batch of so many events is worth its commit: it waits for no more than what comes at the same time. */
const enoughEvents = 1_000;
/** The delay while a long one gathers nothing: requests that were sent together come within it. */
const shortMs = 3;
/** A long delay that gathered nothing is tried again after this time. */
const retryMs = 5_000;
/** The share of the newest delay in the moving average. */
const newestShare = 0.2;
/** Requests in the second half of the average delay, below which a long one is not worth it. */
const worthRequests = 0.5;
/** A commit writes a row for each Current, and waits longer where there are many. */
const msPerCurrent = 0.5;
const maxMoreMs = 500;
/** A new try has two delays to show its worth. */
const triedRequests = 0.7;

export type CommitDelay = ReturnType<typeof createCommitDelay>;

/**
 * How long the first request of a batch waits for others, as with `commit_delay` of PostgreSQL, which also waits only
 * where others can be expected (`commit_siblings`). A commit of one small request costs as much as that of many.
 *
 * The long delay is worth it where requests come by themselves. A sender that waits for an answer before it sends again
 * would only wait longer: all that it sends comes at the beginning of the delay, and nothing in its second half.
 *
 * @param longMs the long delay of a batch for few Currents, in milliseconds.
 */
export function createCommitDelay(longMs: number, now: () => number = () => performance.now()) {
  const leastMs = Math.min(longMs, shortMs);
  let isLong = longMs > leastMs;
  let delayMs = longMs;
  let startedMs = 0;
  let late = 0;
  let averageLate = 1;
  let retryAtMs = 0;

  return {
    /** A batch for about so many Currents begins. Returns how long it waits, in milliseconds. */
    start(currents = 1): number {
      startedMs = now();
      late = 0;
      delayMs = longMs + Math.min(maxMoreMs, currents * msPerCurrent);
      if (!isLong && longMs > leastMs && startedMs >= retryAtMs) {
        isLong = true;
        averageLate = triedRequests;
      }
      return isLong ? delayMs : leastMs;
    },
    /** Another request has come. Returns how long the batch waits from now on, if no longer for the whole delay. */
    onRequest(batchEvents: number): number | undefined {
      if (isLong && now() - startedMs > delayMs / 2) late++;
      return isLong && batchEvents >= enoughEvents ? leastMs : undefined;
    },
    /** The whole delay has passed. */
    onPassed(): void {
      if (!isLong) return;
      averageLate += (late - averageLate) * newestShare;
      if (averageLate >= worthRequests) return;
      isLong = false;
      retryAtMs = now() + retryMs;
    },
  };
}
