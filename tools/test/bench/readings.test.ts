import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { weigh } from '../../src/bench/hub/balance.js';
import { spreadsOf } from '../../src/bench/measures/latency.js';
import { median, medianInterval, percentile } from '../../src/bench/reading/percentiles.js';
import { findTree, readTree } from '../../src/bench/reading/processTree.js';
import { describeProfile, selfTimes } from '../../src/bench/reading/profile.js';

describe('percentiles', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  it.each([
    [hundred, 0.5, 50],
    [hundred, 0.99, 99],
    [hundred, 1, 100],
    [hundred, 0, 1],
    [[7], 0.99, 7],
    [[1, 10], 0.5, 1],
    [[1, 10], 0.51, 10],
    [[], 0.5, NaN],
  ])('of %j at %d is %d', (values, share, expected) => {
    expect(percentile(values, share)).toBe(expected);
  });

  it('do not reorder the values', () => {
    const values = Float64Array.of(3, 1, 2);
    percentile(values, 0.5);
    expect([...values]).toEqual([3, 1, 2]);
  });

  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[10, 9], 9.5],
    [[], NaN],
  ])('of %j have the median %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });
});

describe('the interval of a median', () => {
  // Ranks and coverage: Conover, Practical Nonparametric Statistics, table of the binomial distribution with p = 1/2.
  it.each([
    [6, 1, 0.96875],
    [10, 2, 0.978515625],
    [12, 3, 0.96142578125],
    [20, 6, 0.95861053466796875],
  ])('of %d values is between the values of rank %d from both ends', (count, rank, coverage) => {
    const values = Array.from({ length: count }, (_, index) => count - 1 - index);
    expect(medianInterval(values)).toEqual({ low: rank - 1, high: count - rank, rank, coverage });
  });

  it('is undefined for fewer than six values', () => {
    expect(medianInterval([1, 2, 3, 4, 5])).toBeUndefined();
    expect(medianInterval([])).toBeUndefined();
  });
});

describe('delays', () => {
  const sent = {
    events: 2,
    requests: 1,
    turnedAway: 0,
    firstMicros: 1_000,
    lastMicros: 3_000,
    ids: ['a', 'b'],
    dueMicros: Float64Array.of(1_000, 1_000),
    answeredMicros: Float64Array.of(3_000, 3_000),
  };

  it('are measured from acknowledgement, and from the due time of a request, to arrival by id', () => {
    const spreads = spreadsOf(sent, { ids: ['b', 'a'], micros: Float64Array.of(11_000, 5_000) });
    expect(spreads.sinceAcknowledged).toMatchObject({ p50: 2, p99: 8, max: 8 });
    expect(spreads.sinceDue).toMatchObject({ p50: 4, p99: 10, max: 10 });
    expect(spreads.untilAcknowledged).toMatchObject({ p50: 2, p99: 2, max: 2 });
  });

  it('count every arrival of an event for several Currents, and none of an event that another has sent', () => {
    const spreads = spreadsOf(sent, {
      ids: ['a', 'b', 'x', 'a', 'b'],
      micros: Float64Array.of(4_000, 5_000, 90_000, 6_000, 7_000),
    });
    expect(spreads.sinceAcknowledged).toMatchObject({ p50: 2, p95: 4, max: 4 });
  });

  it('throw when an event has not arrived', () => {
    expect(() => spreadsOf(sent, { ids: ['a'], micros: Float64Array.of(5_000) })).toThrow(
      'event b was acknowledged and never arrived',
    );
  });
});

describe('the balance', () => {
  const tally = { selected: 10, delivered: 10, skipped: 0, rejected: 0, expired: 0 };

  it('is correct when sent, delivered and arrived are equal and none is pending', () => {
    expect(weigh(10, 10, tally, 0)).toMatchObject({ balances: true, faults: [] });
  });

  it.each([
    ['an event is lost on the way in', 11, 10, tally, 0],
    ['an event is lost on the way out', 10, 9, tally, 0],
    ['an event arrives twice', 10, 11, tally, 0],
    ['the ledger lacks a delivery', 10, 10, { ...tally, delivered: 9 }, 0],
    ['an event is skipped', 10, 10, { ...tally, skipped: 1 }, 0],
    ['an event is pending', 10, 10, tally, 1],
  ])('is wrong when %s', (_, ...counts) => {
    const { balances, faults } = weigh(...counts);
    expect(balances).toBe(false);
    expect(faults).not.toEqual([]);
  });
});

describe('the process tree', () => {
  it('has the CPU time and memory of this process', () => {
    const before = readTree(process.pid);
    const ownBefore = process.cpuUsage();
    let sum = 0;
    for (const endMs = Date.now() + 300; Date.now() < endMs;) sum += Math.sqrt(sum + 1);
    const spent = readTree(process.pid).cpuMicros - before.cpuMicros;
    const own = process.cpuUsage(ownBefore);
    // The scheduler brings its count of a running thread up to date at each tick, which takes up to 10 ms.
    expect(spent).toBeGreaterThan(own.user + own.system - 15_000);
    expect(before.peakBytes).toBeGreaterThanOrEqual(process.memoryUsage().rss / 2);
  });

  it('has the CPU time of a grandchild, even after it has ended and its parent has waited for it', async () => {
    const work = 'let n = 0; for (const end = process.cpuUsage().user + 200000; process.cpuUsage().user < end; ) n++;';
    // The shell waits for its child, prints, and keeps running.
    const shell = spawn('sh', ['-c', `"$0" -e "$1"; echo done; read -r line`, process.execPath, work], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    try {
      await once(shell.stdout, 'data');
      expect(findTree(shell.pid ?? 0)).toEqual([shell.pid]);
      expect(readTree(shell.pid ?? 0).cpuMicros).toBeGreaterThanOrEqual(180_000);
      expect(findTree(process.pid)).toContain(shell.pid);
    } finally {
      shell.stdin.end();
      await once(shell, 'exit');
    }
    expect(() => readTree(shell.pid ?? 0)).toThrow('is gone');
  });
});

describe('a profile', () => {
  const frame = (functionName: string, url = '') => ({ functionName, url, lineNumber: 4 });
  const profile = {
    nodes: [
      { id: 1, callFrame: frame('(root)') },
      { id: 2, callFrame: frame('(idle)') },
      { id: 3, callFrame: frame('map', 'file:///hub/packages/connector-mixpanel/dist/map.js') },
      { id: 4, callFrame: frame('(garbage collector)') },
      { id: 5, callFrame: frame('map', 'file:///hub/packages/connector-mixpanel/dist/map.js') },
    ],
    samples: [2, 3, 4, 5, 3],
    timeDeltas: [9_000, 1_000, 500, 2_000, 500],
  };

  it('lists functions by CPU time, without idle time', () => {
    expect(selfTimes(profile)).toEqual([
      { place: 'map packages/connector-mixpanel/dist/map.js:5', selfMicros: 3_500 },
      { place: '(garbage collector)', selfMicros: 500 },
    ]);
  });

  it('has the cost of each function per event', () => {
    const [total, first] = describeProfile(profile, 1_000);
    expect(total).toContain('4.00 µs/event');
    expect(first).toMatch(/87\.5 %.*3\.50 µs\/event\s+map/);
  });
});
