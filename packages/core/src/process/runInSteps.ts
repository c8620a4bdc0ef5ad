import { setImmediate } from 'node:timers/promises';

/** Other work waits at most this long, unless a single step takes longer. */
const maxMs = 8;
const maxSteps = 4;

/**
 * Runs a generator to its end, and lets the event loop do other work after every few of its steps. A promise that it
 * yields is waited for; it must not reject.
 */
export async function runInSteps<Result>(steps: Generator<Promise<void> | undefined, Result>): Promise<Result> {
  for (;;) {
    const untilMs = performance.now() + maxMs;
    for (let count = 0; count < maxSteps && performance.now() < untilMs; count++) {
      const step = steps.next();
      if (step.done) return step.value;
      if (step.value) await step.value;
    }
    await setImmediate();
  }
}
