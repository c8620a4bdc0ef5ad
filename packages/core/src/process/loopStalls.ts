import { monitorEventLoopDelay, type Histogram } from 'node:perf_hooks';
import type { Registry } from 'prom-client';
import { registerComputed } from './computedMetric.js';

/** The event loop stalled when a timer fired later than this, in milliseconds. */
const stallMs = 100;
const nsPerMs = 1_000_000;

/**
 * How many of the times between two firings of a timer, in nanoseconds, tell of a stall. What blocks the loop for
 * `stallMs + timerMs` is always counted, what blocks it for less than `stallMs` never.
 */
export function countStalls(delays: Histogram, timerMs: number): number {
  const limit = (stallMs + timerMs) * nsPerMs;
  // The k-th smallest of n values is the one at the percentile 100 * k / n, so bisection finds the last one below.
  let [below, above] = [0, delays.count + 1];
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (delays.percentile((100 * middle) / delays.count) > limit) above = middle;
    else below = middle;
  }
  return delays.count - below;
}

/**
 * Returns a function that answers the most that a timer was late, in milliseconds, since it was called the time before the
 * last. A histogram that is reset does not know the time until the next firing: so there are two, of which each call resets
 * one, and no stall falls between.
 */
export function createStallMax(delays: readonly [Histogram, Histogram], timerMs: number): () => number {
  let [older, newer] = delays;
  return () => {
    const lateMs = older.max / nsPerMs - timerMs;
    older.reset();
    [older, newer] = [newer, older];
    return Math.max(0, lateMs);
  };
}

/**
 * Registers the metrics of stalls of this process.
 * @param timerMs milliseconds between two firings of the timer. It runs in Node itself and wakes no JavaScript.
 */
export function registerLoopStalls(registry: Registry, timerMs: number): void {
  const [all, ...recent] = [monitor(timerMs), monitor(timerMs), monitor(timerMs)] as const;
  const takeMaxMs = createStallMax(recent, timerMs);
  registerComputed(registry, {
    name: 'currents_event_loop_stalls_total',
    help: `Times that the event loop was blocked, so that a timer fired more than ${stallMs} ms late`,
    type: 'counter',
    labelNames: [],
    read: () => [{ labels: {}, value: countStalls(all, timerMs) }],
  });
  registerComputed(registry, {
    name: 'currents_event_loop_max_stall_seconds',
    help: 'The most that a timer was late since the scrape before the last one, because the event loop was blocked',
    type: 'gauge',
    labelNames: [],
    read: () => [{ labels: {}, value: takeMaxMs() / 1_000 }],
  });
}

function monitor(timerMs: number): Histogram {
  const delays = monitorEventLoopDelay({ resolution: timerMs });
  delays.enable();
  return delays;
}
