import { wakeIntervalMs } from '../queue.js';
import { createAttemptRunner, type AttemptRunnerDeps } from './attemptRunner.js';

/** While an attempt is in flight and waits for the partner, further events gather this long before a second one starts. */
const gatherMs = 25;
/**
 * So long, where an attempt works longer than it waits. A second one would only make both smaller, and wait for the events
 * of each other's users; the first goes on with what is due as soon as it ends.
 */
const busyGatherMs = 100;
/**
 * For this long after a wake-up call, the loop polls: senders debounce their calls by half of it, and a claim that finds
 * nothing costs a tenth of a call.
 */
const lingerMs = 2 * wakeIntervalMs;
const pollMs = 20;
const errorPauseMs = 1_000;

export type DeliveryLoop = ReturnType<typeof createDeliveryLoop>;

/** The deliveries of one Current in this worker. Loops share nothing that a slow partner could occupy. */
export function createDeliveryLoop(currentId: number, deps: AttemptRunnerDeps) {
  const runner = createAttemptRunner(currentId, deps);
  const inFlight = new Set<Promise<void>>();
  /** Like `inFlight.size`, but exact at the moment in which an attempt ends. */
  let active = 0;
  let lastClaimMs = 0;
  let lastStartMs = 0;
  /** Whether the last claim left something. */
  let isMoreDue = false;
  let lingerUntilMs = 0;
  let isWoken = false;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let timerMs = Infinity;

  /** Claims due deliveries, now or as soon as another attempt may start. Cheap, and may be called at any time. */
  function wake(): void {
    lingerUntilMs = Date.now() + lingerMs;
    schedule();
  }

  function schedule(): void {
    isWoken = true;
    if (active < runner.limit()) scheduleIn(active === 0 ? 0 : nextStartMs() - Date.now());
  }

  /** When a further attempt may start. With more due than one takes, those in flight do not put it off by their claims. */
  function nextStartMs(): number {
    if (!runner.isPartnerSlower()) return lastClaimMs + busyGatherMs;
    return (isMoreDue ? lastStartMs : lastClaimMs) + gatherMs;
  }

  /** Of two times the earlier one counts. */
  function scheduleIn(waitMs: number): void {
    if (stopped) return;
    if (waitMs <= 0) return start();
    if (Date.now() + waitMs >= timerMs) return;
    unschedule();
    timerMs = Date.now() + waitMs;
    timer = setTimeout(() => {
      timerMs = Infinity;
      schedule();
    }, waitMs);
  }

  function unschedule(): void {
    clearTimeout(timer);
    timerMs = Infinity;
  }

  function start(): void {
    unschedule();
    lastStartMs = Date.now();
    active++;
    const run: Promise<void> = runAttempts().finally(() => {
      inFlight.delete(run);
      linger();
    });
    inFlight.add(run);
  }

  function linger(): void {
    if (Date.now() >= lingerUntilMs) {
      if (active === 0) void runner.leave();
    } else if (active < runner.limit()) scheduleIn(pollMs);
  }

  /** Runs attempts until nothing is due, or until the concurrency limit has fallen and other attempts are in flight. */
  async function runAttempts(): Promise<void> {
    try {
      while (!stopped && active <= runner.limit()) {
        isWoken = false;
        lastClaimMs = Date.now();
        if (!(await runner.run(onClaimed)) && !isWoken) return;
      }
    } catch (error) {
      deps.log.warn(
        { event: 'delivery_loop.failed', current: currentId, err: error },
        'attempt failed with an internal error; its deliveries are retried',
      );
      await new Promise((resolve) => setTimeout(resolve, errorPauseMs));
    } finally {
      active--;
    }
  }

  function onClaimed(isMore: boolean): void {
    isMoreDue = isMore;
    if (!isMoreDue) linger();
    else if (active < runner.limit()) schedule();
  }

  return {
    wake,
    /** Starts nothing new, and resolves when the attempts in flight are recorded. */
    async stop() {
      stopped = true;
      unschedule();
      await Promise.allSettled(inFlight);
      await runner.stop();
    },
  };
}
