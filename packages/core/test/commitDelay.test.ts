import { expect, it } from 'vitest';
import { createCommitDelay } from '../src/ingest/commitDelay.js';

const longMs = 50;
/** With one Current. */
const delayMs = longMs + 0.5;
const shortMs = 3;

/** A delay whose clock the test moves, and the delays of batches to which requests come at these times of the delay. */
function start() {
  let nowMs = 0;
  const delay = createCommitDelay(longMs, () => nowMs);
  return {
    delay,
    /** Returns how long the batch waited. */
    batch(arrivalsMs: readonly number[], batchEvents = 1): number {
      const startMs = nowMs;
      const waitMs = delay.start();
      for (const ms of arrivalsMs) {
        if (ms > waitMs) continue;
        nowMs = startMs + ms;
        const hurried = delay.onRequest(batchEvents);
        if (hurried !== undefined) return ms + hurried;
      }
      nowMs = startMs + waitMs;
      delay.onPassed();
      return waitMs;
    },
    pass: (ms: number) => void (nowMs += ms),
  };
}

it('requests that keep coming by themselves are waited for', () => {
  const { batch } = start();
  for (let batches = 0; batches < 100; batches++) expect(batch([12, 26, 38])).toBe(delayMs);
});

it('a sender that waits for its answers is answered soon, and rarely waits for a new try', () => {
  const { batch, pass } = start();
  let spent = 0;
  for (let batches = 0; batches < 1_000; batches++) {
    spent += batch([1, 2]);
    pass(8);
    spent += 8;
  }
  expect(spent / 1_000).toBeLessThan(8 + shortMs + 1);
});

it('what came together is not waited for again, but a steady stream that begins later is', () => {
  const { batch, pass } = start();
  while (batch([]) === delayMs);
  expect(batch([12, 30])).toBe(shortMs);
  pass(5_000);
  expect(batch([12, 30])).toBe(delayMs);
  for (let batches = 0; batches < 10; batches++) expect(batch([12, 30, 40])).toBe(delayMs);
});

it('a batch of many events waits no longer than for what comes with it', () => {
  const { batch } = start();
  expect(batch([10, 20], 1_000)).toBe(10 + shortMs);
});

it('a batch for many Currents waits longer, and for half a second more at most', () => {
  const delay = createCommitDelay(longMs, () => 0);
  expect(delay.start(300)).toBe(longMs + 150);
  expect(delay.start(5_000)).toBe(longMs + 500);
});

it('with a short delay, that is the delay', () => {
  const delay = createCommitDelay(1);
  expect(delay.start()).toBe(1);
  expect(delay.onRequest(5_000)).toBeUndefined();
  expect(createCommitDelay(0).start()).toBe(0);
});
