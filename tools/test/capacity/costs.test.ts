import { describe, expect, it } from 'vitest';
import { costsOf, withCurve } from '../../src/capacity/curveFigures.js';
import { withCosts, withEventBytes, type Run } from '../../src/capacity/figures.js';
import { fitCosts, fitErrorOf } from '../../src/capacity/fitCosts.js';
import { costOf, none, type PerUnit } from '../../src/capacity/units.js';
import { exampleFigures } from './exampleFigures.js';

const works: readonly PerUnit[] = [
  { ...none, second: 5 },
  { ...none, second: 1, event: 20_000, request: 200, commit: 10 },
  { ...none, second: 2, event: 20_000, request: 2_000, commit: 70 },
  { ...none, second: 7, event: 20_000, request: 20_000, commit: 600 },
  { ...none, second: 5, event: 500, request: 500, commit: 490 },
];
const { api } = exampleFigures.costs;

describe('the costs of the units', () => {
  it('are found again in what they add up to', () => {
    const samples = works.map((work) => ({ work, cost: costOf(api, work) }));
    const fitted = fitCosts(samples, ['second', 'event', 'request', 'commit']);
    for (const unit of ['second', 'event', 'request', 'commit'] as const)
      expect(fitted[unit] / api[unit], unit).toBeCloseTo(1, 2);
    expect(fitErrorOf(samples, fitted)).toBeLessThan(0.001);
  });

  it('are never below zero', () => {
    const samples = [
      { work: { ...none, event: 100, request: 1 }, cost: 100 },
      { work: { ...none, event: 100, request: 50 }, cost: 60 },
    ];
    const fitted = fitCosts(samples, ['event', 'request']);
    expect(fitted.request).toBe(0);
    expect(fitted.event).toBeGreaterThan(0.6);
    expect(fitErrorOf(samples, fitted)).toBeGreaterThan(0.2);
  });

  it('leave out runs that did not measure a resource, or did nothing that explains it', () => {
    const runOf = (work: PerUnit, cost: Run['cost']): Run => ({
      name: 'run',
      eventsPerSecond: 1,
      requestEvents: 1,
      currents: 1,
      work,
      cost,
    });
    const [first, second] = works as [PerUnit, PerUnit];
    const { costs, fitErrors } = costsOf([runOf(first, { api: 50, wal: 500 }), runOf(second, {})]);
    expect(costs).toEqual({ api: { ...none, second: 10 } });
    expect(fitErrors).toEqual({ api: 0 });
  });

  it('are replaced one by one', () => {
    const { costs } = withCosts(exampleFigures, [{ resource: 'api', unit: 'event', cost: 7 }]);
    expect(costs.api).toEqual({ ...api, event: 7 });
    expect(costs.worker).toEqual(exampleFigures.costs.worker);
  });

  it('grow with the bytes of an event where its bytes are used', () => {
    const { costs, partnerEventBytes } = withEventBytes(exampleFigures, 1_200);
    expect(partnerEventBytes).toBe(180);
    expect(costs.api).toEqual({ ...api, event: 10 });
    expect(costs.stored).toEqual({ ...exampleFigures.costs.stored, event: 200 });
  });
});

describe('a result of the curve', () => {
  const hub = { events: 10_000, eventsPerSecond: 1_000, requests: 70, cpuMicros: { api: 20, worker: 12, postgres: 3 } };
  const cellOf = (name: string, more: object) => ({
    cell: { name, arrivals: { kind: 'steady', requestEvents: 10 }, currents: 1, partnerMs: 0, pastDays: 0, ...more },
    postgresVersion: '18.4',
    rounds: [{ hub }],
  });
  const curve = {
    node: '20.20.2',
    cores: 2,
    processor: 'Example 9000',
    loadAverage: { before: [0.5, 0.5, 0.5] },
    cells: [
      cellOf('1000', {}),
      cellOf('late', { partnerMs: 400 }),
      cellOf('old', { pastDays: 14 }),
      cellOf('flood', { arrivals: { kind: 'flood', requestEvents: 10 } }),
      cellOf('idle', { arrivals: { kind: 'idle' } }),
    ],
  };

  it('gives CPU costs, and leaves bytes as they were', () => {
    const figures = withCurve(exampleFigures, curve);
    expect(figures.runs.map(({ name }) => name)).toEqual(['1000', 'flood', 'idle']);
    const [steady, flood, idle] = figures.runs;
    expect(steady).toMatchObject({
      work: { second: 10, event: 10_000, request: 1_000, deliveredEvent: 10_000, partnerRequest: 70 },
      cost: { api: 200_000, worker: 120_000, postgres: 30_000 },
    });
    // 64 connections: half of them in each commit.
    expect(flood?.work.commit).toBeCloseTo(1_000 / 32);
    expect(steady?.work.commit).toBeGreaterThan(1_000 / 32);
    expect(idle).toMatchObject({ work: { ...none, second: 1 }, cost: { api: 20 } });
    expect(figures.costs.wal).toEqual(exampleFigures.costs.wal);
    expect(figures.costs.api).not.toEqual(exampleFigures.costs.api);
  });
});
