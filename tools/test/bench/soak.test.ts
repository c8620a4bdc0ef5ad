import { describe, expect, it } from 'vitest';
import { judgeSoak } from '../../src/bench/soak/judge.js';
import type { Sample } from '../../src/bench/soak/sample.js';

const megabyte = 1024 * 1024;

/** Sixteen samples of a hub that needs the same all the time; `change` alters one, by its number from 0. */
function trendsOf(change: (index: number) => Partial<Sample> = () => ({})) {
  const samples = Array.from({ length: 16 }, (_, index): Sample => ({
    seconds: 10 * index,
    events: 50_000 * index,
    p95: 100,
    residentBytes: { api: 200 * megabyte, worker: 150 * megabyte },
    retainedBytes: { batch: 10 * megabyte * index },
    workingBytes: { count_entry: 2 * megabyte },
    pending: 500,
    redisBytes: undefined,
    ...change(index),
  }));
  return judgeSoak(samples);
}

const growing = (trends: ReturnType<typeof judgeSoak>) =>
  trends.filter(({ isFlat }) => !isFlat).map(({ name }) => name);

describe('a soak', () => {
  it('is passed by a hub that needs the same all the time', () => {
    expect(growing(trendsOf())).toEqual([]);
    expect(trendsOf().map(({ name }) => name)).toEqual([
      'memory of api',
      'memory of worker',
      'table count_entry',
      'retained bytes per event',
      'pending events',
    ]);
  });

  it('compares what comes after the start', () => {
    const trends = trendsOf((index) => ({ residentBytes: { api: (index < 4 ? 50 : 200) * megabyte } }));
    expect(growing(trends)).toEqual([]);
  });

  it.each([
    ['a process grows', 'memory of worker', (i: number) => ({ residentBytes: { worker: (100 + 5 * i) * megabyte } })],
    [
      'a table of the work under way grows',
      'table count_entry',
      (i: number) => ({ workingBytes: { count_entry: 2 * i * megabyte } }),
    ],
    ['a new table appears', 'table audit', (i: number) => ({ workingBytes: i > 9 ? { audit: 9 * megabyte } : {} })],
    [
      'events get dearer to keep',
      'retained bytes per event',
      (i: number) => ({ retainedBytes: { batch: i * i * megabyte } }),
    ],
    ['more and more is pending', 'pending events', (i: number) => ({ pending: 5_000 * i })],
    ['Redis grows', 'memory of redis', (i: number) => ({ redisBytes: 2 * i * megabyte })],
  ])('is failed when %s', (_, name, change) => {
    expect(growing(trendsOf(change))).toEqual([name]);
  });
});
