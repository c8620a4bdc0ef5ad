import { createHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '@currents/core';
import { countStalls, createStallMax } from '../src/process/loopStalls.js';
import { until } from './deliveryHarness.js';

describe('stalls of the event loop', () => {
  it('are firings of a timer that come more than 100 ms late', () => {
    const delays = createHistogram();
    const after = (ms: number, times = 1): number => {
      for (let time = 0; time < times; time++) delays.record(ms * 1_000_000);
      return countStalls(delays, 50);
    };
    expect(countStalls(delays, 50)).toBe(0);
    expect(after(50, 1_000)).toBe(0);
    expect(after(149)).toBe(0);
    expect(after(152)).toBe(1);
    expect(after(51, 100_000)).toBe(1);
    expect(after(400, 2)).toBe(3);
    expect(after(10_000)).toBe(4);
  });

  it('are remembered for two scrapes, so that none is lost to a reset', () => {
    const delays = [createHistogram(), createHistogram()] as const;
    const takeMaxMs = createStallMax(delays, 50);
    const late = (ms: number): void => delays.forEach((each) => each.record((ms + 50) * 1_000_000));
    const nextCalls = (count: number): readonly number[] =>
      Array.from({ length: count }, () => Math.round(takeMaxMs() / 10) * 10);
    expect(nextCalls(1)).toEqual([0]);
    late(400);
    late(300);
    expect(nextCalls(3)).toEqual([400, 400, 0]);
    // The one that was just reset misses this.
    delays[0].record(750 * 1_000_000);
    expect(nextCalls(2)).toEqual([700, 0]);
  });

  it('are in the metrics of a process that was blocked', async () => {
    const { scrape } = createMetrics();
    const own = monitorEventLoopDelay({ resolution: 50 });
    own.enable();
    // The timers of the metrics are older than this one, and fire in the same turn of the loop at the latest.
    await until(
      () => own.count,
      (firings) => firings > 1,
    );
    const endMs = performance.now() + 400;
    while (performance.now() < endMs);
    await until(
      () => own.max,
      (max) => max > 400_000_000,
    );
    const sample = async (name: string): Promise<number> =>
      Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(await scrape())?.[1]);
    expect(await sample('currents_event_loop_max_stall_seconds')).toBeGreaterThan(0.3);
    expect(await sample('currents_event_loop_stalls_total')).toBeGreaterThan(0);
    own.disable();
  });
});
