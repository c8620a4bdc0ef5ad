import { wakeIntervalMs } from '../queue.js';
import { createAttemptRunner, type AttemptRunnerDeps } from './attemptRunner.js';

/** While an attempt is in flight and waits for the partner, at least this long passes before a second one starts. */
const furtherMs = 25;
/**
 * So long, where an attempt works longer than it waits. A second one would make both smaller, and each would wait for the
 * other's events of the same users, which costs a tenth of the worker's time; the first goes on with what is due as soon
 * as it ends.
 */
const busyFurtherMs = 400;
/** For this long after a wake-up call the loop polls. Senders debounce their calls, and a claim costs less than a call. */
const pollForMs = 1.5 * wakeIntervalMs;
const errorPauseMs = 1_000;
/** The loop claims replayed events for this long after the sweep has found some due; the sweep runs twice a second. */
const replayForMs = 1_500;
/** While more live events are due than one attempt takes, replayed ones get this share of the time. */
const replayShare = 0.2;

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
  let pollUntilMs = 0;
  /** Whether an attempt at replayed events is in flight; one at a time is. */
  let isReplaying = false;
  let replayUntilMs = 0;
  let replayedFromMs = 0;
  let replayedUntilMs = 0;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let timerMs = Infinity;

  /** Claims due deliveries, now or as soon as another attempt may start. Cheap, and may be called at any time. */
  function wake(): void {
    pollUntilMs = performance.now() + pollForMs;
    schedule();
  }

  function schedule(): void {
    if (hasFreeSlot()) scheduleIn(nextStartMs() - performance.now());
  }

  function hasFreeSlot(): boolean {
    return active + (isReplaying ? 1 : 0) < runner.limit();
  }

  /** When another attempt may start. With more due than one takes, those in flight do not put it off by their claims. */
  function nextStartMs(): number {
    const gatheredMs = isMoreDue ? 0 : lastClaimMs + runner.lingerMs();
    if (active === 0) return gatheredMs;
    if (!runner.isPartnerSlower()) return Math.max(gatheredMs, lastClaimMs + busyFurtherMs);
    return Math.max(gatheredMs, (isMoreDue ? lastStartMs : lastClaimMs) + furtherMs);
  }

  /** Of two times the earlier one counts. */
  function scheduleIn(waitMs: number): void {
    if (stopped) return;
    if (waitMs <= 0) return start();
    if (performance.now() + waitMs >= timerMs) return;
    unschedule();
    timerMs = performance.now() + waitMs;
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
    lastStartMs = performance.now();
    active++;
    const run: Promise<void> = runAttempts().finally(() => {
      inFlight.delete(run);
      poll();
      replay();
    });
    inFlight.add(run);
  }

  /** Starts an attempt at replayed events if live ones leave room for it. Called whenever that may have changed. */
  function replay(): void {
    if (stopped || isReplaying || performance.now() >= replayUntilMs || !hasFreeSlot()) return;
    if (isMoreDue && performance.now() < replayedUntilMs + (replayedUntilMs - replayedFromMs) * (1 / replayShare - 1))
      return;
    isReplaying = true;
    replayedFromMs = performance.now();
    let isMore = false;
    const run: Promise<void> = runner
      .run(() => undefined, true)
      .then((isMoreReplayed) => void (isMore = isMoreReplayed))
      .catch(onFailed)
      .finally(() => {
        inFlight.delete(run);
        isReplaying = false;
        replayedUntilMs = performance.now();
        // Live events come first for the slot that is free now.
        poll();
        if (isMore) setImmediate(replay);
      });
    inFlight.add(run);
  }

  function poll(): void {
    if (performance.now() < pollUntilMs) schedule();
    else if (active === 0 && !isReplaying) void runner.leave();
  }

  /** Runs attempts while more is due than one takes, unless the concurrency limit falls and others are in flight. */
  async function runAttempts(): Promise<void> {
    try {
      do lastClaimMs = performance.now();
      while ((isMoreDue = await runner.run(onClaimed)) && !stopped && active + (isReplaying ? 1 : 0) <= runner.limit());
    } catch (error) {
      await onFailed(error);
    } finally {
      active--;
    }
  }

  async function onFailed(error: unknown): Promise<void> {
    deps.log.warn(
      { event: 'delivery_loop.failed', current: currentId, err: error },
      'attempt failed with an internal error; its deliveries are retried',
    );
    await new Promise((resolve) => setTimeout(resolve, errorPauseMs));
  }

  function onClaimed(isMore: boolean): void {
    isMoreDue = isMore;
    if (isMoreDue) schedule();
    else poll();
  }

  return {
    wake,
    /** Replayed events are due. Live ones are looked for as well meanwhile: this worker keeps the Current. */
    wakeReplay(): void {
      replayUntilMs = performance.now() + replayForMs;
      wake();
      replay();
    },
    /** Starts nothing new, and resolves when the attempts in flight are recorded. */
    async stop() {
      stopped = true;
      runner.startNothing();
      unschedule();
      await Promise.allSettled(inFlight);
      await runner.stop();
    },
  };
}
