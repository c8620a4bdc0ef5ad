import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cells, leftOut, type Cell } from '../../src/bench/curve/cells.js';
import { curve } from '../../src/bench/curve/curve.js';
import type { CellMeasures } from '../../src/bench/curve/measureCell.js';
import type { SideMeasure } from '../../src/bench/curve/measureSide.js';
import { createEstimate, expectedSeconds } from '../../src/bench/curve/remaining.js';
import { countLog, summariseCell, type CellSummary } from '../../src/bench/curve/summarise.js';
import { arrivalTable, idleTable, plainTable } from '../../src/bench/curve/table.js';
import { warmUpPlan } from '../../src/bench/curve/warmUp.js';
import { readOptions } from '../../src/options.js';
import { startBench } from './startBench.js';

const cellOf = (name: string): Cell => {
  const found = cells.find((cell) => cell.name === name);
  if (!found) throw new Error(`expected a cell ${name}`);
  return found;
};
const deliveriesPerSecond = ({ arrivals, currents }: Cell): number =>
  arrivals.kind === 'steady' ? arrivals.eventsPerSecond * currents : 0;

describe('the cells of the curve', () => {
  const names = cells.map(({ name }) => name);

  it('have unique names, and none of them is also left out', () => {
    const all = [...names, ...leftOut.map(({ name }) => name)];
    expect(new Set(all).size).toBe(all.length);
  });

  it('are below 20,000 deliveries a second, except those of many Currents', () => {
    const tooMany = cells.filter((cell) => deliveriesPerSecond(cell) >= 20_000);
    expect(tooMany.map(({ name }) => name)).toEqual(['20-1000-currents']);
  });

  it('are left out with the deliveries that they would have', () => {
    expect(leftOut).toContainEqual({
      name: '1000-100-currents',
      reason: 'expected less than 20000 deliveries a second, got 100000',
    });
    expect(leftOut).toContainEqual({ name: 'flood-10-currents', reason: 'a flood is measured with one Current' });
  });

  it('are chosen by name', () => {
    expect(readOptions(curve.options, ['--cells', '500,idle-10-currents'])).toMatchObject({
      cells: ['500', 'idle-10-currents'],
    });
    expect(() => readOptions(curve.options, ['--cells', '500,501'])).toThrow(
      '--cells: expected names of cells (idle, ',
    );
  });

  it('warm up with requests of the same size, quickly at first', () => {
    const steady = (eventsPerSecond: number, requestEvents: number) => ({
      kind: 'steady',
      eventsPerSecond,
      requestEvents,
    });
    expect(warmUpPlan(cellOf('10'), 60)).toEqual([
      { arrivals: steady(300, 1), seconds: 5 },
      { arrivals: steady(10, 1), seconds: 5 },
    ]);
    expect(warmUpPlan(cellOf('1000'), 2)).toEqual([{ arrivals: steady(1_000, 1), seconds: 2 }]);
    expect(warmUpPlan(cellOf('20-1000-currents'), 60)).toEqual([{ arrivals: steady(20, 1), seconds: 5 }]);
    expect(warmUpPlan(cellOf('flood'), 60)).toEqual([{ arrivals: cellOf('flood').arrivals, seconds: 5 }]);
  });
});

describe('the time that is left', () => {
  const chosen = ['500', '500', '10-1000-currents'].map(cellOf);
  const options = { rounds: 2, seconds: 10, queue: 'postgres' } as const;

  it('is what the cells are expected to take, as much slower as the first ones were', () => {
    const [own, , last] = chosen.map((cell) => expectedSeconds(cell, options)) as [number, number, number];
    const { minutesLeft } = createEstimate(chosen, options);
    expect(minutesLeft(0, 0) * 60).toBeCloseTo(2 * own + last);
    expect(minutesLeft(1, own * 3) * 60).toBeCloseTo(3 * (own + last));
    expect(minutesLeft(3, 1)).toBe(0);
  });
});

function sideOf(events: number, cpuMicros: Readonly<Record<string, number>>, p99 = 0): SideMeasure {
  const spread = { p50: p99 / 2, p95: p99, p99, max: p99 };
  return {
    events,
    eventsPerSecond: events,
    requests: 20,
    turnedAway: 0,
    delays: events === 0 ? undefined : { sinceAcknowledged: spread, sinceDue: spread },
    cpuMicros,
    sumMicros: Object.values(cpuMicros).reduce((sum, micros) => sum + micros, 0),
    benchMicros: 1,
    peakBytes: { api: events * 1e6, worker: 2e6 },
  };
}
const roundOf = (events: number, hubMicros: number, forwarderMicros: number, p99 = 0) => ({
  hub: sideOf(events, { api: hubMicros / 2, worker: hubMicros / 2 }, p99),
  forwarder: sideOf(events, { forwarder: forwarderMicros }),
});
const measuresOf = (rounds: CellMeasures['rounds'], troubles: readonly string[] = []): CellMeasures => ({
  rounds,
  balance: { sent: 1, delivered: 1, arrived: 1, balances: true, faults: [] },
  troubles,
});

describe('the summary of a cell', () => {
  const measures = measuresOf([roundOf(100, 400, 200, 8), roundOf(120, 900, 100, 2), roundOf(110, 300, 100, 4)]);

  it('has medians of the rounds, the ratio round by round, and the peak of memory', () => {
    expect(summariseCell(cellOf('500'), measures)).toMatchObject({
      cpuMicros: { api: 200, worker: 200 },
      hubMicros: 400,
      forwarderMicros: 100,
      // 2, 9 and 3.
      ratio: 3,
      p50Ms: 2,
      p99Ms: 4,
      peakBytes: { api: 120e6, worker: 2e6 },
      eventsPerRequest: 110 / 20,
      balances: true,
    });
  });

  it('divides by the number of Currents, because the forwarder delivers an event once', () => {
    const { ratio, eventsPerRequest } = summariseCell(cellOf('500-10-currents'), measures);
    expect(ratio).toBeCloseTo(0.3);
    expect(eventsPerRequest).toBeCloseTo(55);
  });

  it('has neither ratio nor delays of an idle hub', () => {
    const idle = summariseCell(cellOf('idle'), measuresOf([roundOf(0, 40_000, 0)]));
    expect(idle).toMatchObject({ ratio: undefined, p99Ms: undefined, hubMicros: 40_000 });
  });

  it('counts errors apart from warnings, and lines of other programs as errors', () => {
    const troubles = ['{"level":40,"event":"a"}', '{"level":50,"event":"b"}', 'FATAL ERROR: heap'];
    expect(countLog(troubles)).toEqual({ warnings: 1, errors: 2 });
  });
});

describe('the tables', () => {
  const summaryOf = (name: string, rounds: CellMeasures['rounds']): { cell: Cell; summary: CellSummary } => ({
    cell: cellOf(name),
    summary: summariseCell(cellOf(name), measuresOf(rounds)),
  });
  const measured = [summaryOf('idle', [roundOf(0, 40_000, 0)]), summaryOf('500', [roundOf(500, 1_000, 100, 30)])];

  it('have the idle cells, in ms per second, apart from those with arrivals', () => {
    expect(idleTable(measured)).toEqual([
      ['cell', 'api ms/s', 'worker ms/s', 'hub ms/s', 'api MB', 'worker MB', 'ledger', 'errors'],
      ['idle', '20.0', '20.0', '40.0', '0', '2', 'balances', '0'],
    ]);
    const [, row] = arrivalTable(measured);
    expect(row?.slice(0, 8)).toEqual(['500', '500', '500', '500', '1000', '100', '10.00', '15']);
    expect(arrivalTable(measured)).toHaveLength(2);
  });

  it('are aligned', () => {
    const table = [
      ['cell', 'ratio'],
      ['10000', '2'],
    ];
    expect(plainTable(table)).toEqual(['cell   ratio', '10000      2']);
  });
});

it('the curve measures hub and bare forwarder and ends with a balanced ledger', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'currents-bench-test-'));
  try {
    const file = join(folder, 'curve.json');
    const words = ['--only', 'curve', '--cells', '100-10-currents', '--rounds', '1', '--seconds', '1'];
    const { said, ended } = startBench([...words, '--json', file]);
    const [exitCode] = await ended;
    expect(exitCode, said()).toBe(0);
    expect(said()).toContain('100-10-currents (cell 1 of 1, about ');
    const [cell] = (JSON.parse(await readFile(file, 'utf8')) as { readonly cells: readonly CellMeasures[] }).cells;
    // Two seconds of warm-up, of 300 and 100 events, and the round.
    expect(cell?.balance).toMatchObject({ balances: true, sent: 5_000, delivered: 5_000, arrived: 5_000, faults: [] });
    const [round] = cell?.rounds ?? [];
    expect(round?.hub.cpuMicros['worker']).toBeGreaterThan(0);
    expect(round?.forwarder).toMatchObject({ events: 100, requests: 100 });
    expect(round?.forwarder.cpuMicros['forwarder']).toBeGreaterThan(0);
    expect(round?.hub.delays?.sinceAcknowledged.p99).toBeGreaterThan(0);
  } finally {
    await rm(folder, { recursive: true });
  }
}, 120_000);
