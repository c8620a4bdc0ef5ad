import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { describe, expect, it } from 'vitest';
import { cells, leftOut, type Cell } from '../../src/bench/curve/cells.js';
import { curve } from '../../src/bench/curve/curve.js';
import { insertResult, type Measured } from '../../src/bench/curve/document.js';
import type { CellMeasures } from '../../src/bench/curve/measureCell.js';
import type { SideMeasure } from '../../src/bench/curve/measureSide.js';
import { drawCurves } from '../../src/bench/curve/picture.js';
import { createEstimate, expectedSeconds } from '../../src/bench/curve/remaining.js';
import { curvesOf } from '../../src/bench/curve/series.js';
import { countLog, summariseCell } from '../../src/bench/curve/summarise.js';
import { arrivalTable, idleTable, plainTable, type MeasuredCell } from '../../src/bench/curve/table.js';
import { warmUpPlan } from '../../src/bench/curve/warmUp.js';
import { readOptions } from '../../src/options.js';

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
  postgresVersion: '18.4',
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

const measuredOf = (name: string, rounds: CellMeasures['rounds']): MeasuredCell => ({
  cell: cellOf(name),
  summary: summariseCell(cellOf(name), measuresOf(rounds)),
});

describe('the tables', () => {
  const measured = [measuredOf('idle', [roundOf(0, 40_000, 0)]), measuredOf('500', [roundOf(500, 1_000, 100, 30)])];

  it('have the idle cells, in ms per second, apart from those with arrivals', () => {
    expect(idleTable(measured)).toEqual([
      ['cell', 'api ms/s', 'worker ms/s', 'hub ms/s', 'api MB', 'worker MB', 'ledger', 'errors'],
      ['idle', '20.0', '20.0', '40.0', '0', '2', 'balances', '0'],
    ]);
    const [, row] = arrivalTable(measured);
    expect(row?.slice(0, 8)).toEqual(['500', '500', '500', '500', '1000', '1000', '100', '10.00']);
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

describe('the picture', () => {
  const measured = [
    measuredOf('idle', [roundOf(0, 40_000, 0)]),
    measuredOf('flood', [{ ...roundOf(900, 40, 20), hub: { ...sideOf(900, { api: 40 }), delays: undefined } }]),
    measuredOf('500', [roundOf(500, 1_000, 100, 30)]),
    measuredOf('500-10-currents', [roundOf(500, 4_000, 110, 60)]),
    measuredOf('500-400-ms', [roundOf(500, 900, 120, 90)]),
  ];
  const curves = curvesOf(measured);

  it('has a line for the forwarder and one for each kind of cell, by rate, without idle cells', () => {
    expect(curves.rates).toEqual(['500', 'flood']);
    expect(curves.cpu).toEqual([
      {
        name: 'bare forwarder',
        points: [
          { rate: '500', value: 100 },
          { rate: 'flood', value: 20 },
        ],
      },
      {
        name: '1 Current',
        points: [
          { rate: '500', value: 1_000 },
          { rate: 'flood', value: 40 },
        ],
      },
      { name: '10 Currents', points: [{ rate: '500', value: 400 }] },
      { name: 'partner 400 ms away', points: [{ rate: '500', value: 900 }] },
    ]);
    expect(curves.p99.map(({ name, points }) => [name, points[0]?.value])).toEqual([
      ['1 Current', 30],
      ['10 Currents', 60],
      ['partner 400 ms away', 90],
    ]);
  });

  it('is an SVG with a point for each value, lower where the value is lower', () => {
    const svg = drawCurves(curves);
    expect(svg).toMatch(/^<svg [^>]*viewBox="0 0 960 \d+"[^]*<\/svg>\n$/);
    expect(svg).not.toMatch(/NaN|undefined/);
    const heights = new Map([...svg.matchAll(/cy="([\d.]+)"[^>]*><title>([^<]+)</g)].map(([, y, title]) => [title, y]));
    expect(heights.size).toBe(9);
    expect(Number(heights.get('1 Current, 500: 1000'))).toBeLessThan(Number(heights.get('10 Currents, 500: 400')));
  });

  it('is empty of lines when no cell was measured', () => {
    expect(drawCurves(curvesOf([]))).not.toMatch(/NaN|undefined|circle/);
  });
});

describe('docs/performance.md', () => {
  const document = readFileSync(join(import.meta.dirname, '../../../docs/performance.md'), 'utf8');
  const machine = { processor: 'Example 9000', cores: 2, memoryBytes: 8 * 2 ** 30, node: '20.20.2', postgres: '18.4' };
  const measured: Measured = {
    date: '2026-02-03T04:05:06.000Z',
    machine,
    rounds: 5,
    seconds: 10,
    cells: [measuredOf('500', [roundOf(500, 1_000, 100, 30)]), measuredOf('idle', [roundOf(0, 40_000, 0)])],
    failed: [],
    leftOut,
  };

  it('gets the result between its markers, again with the same text', async () => {
    const written = insertResult(document, measured, 'performance-curve.svg');
    expect(written).toContain(
      'Example 9000, 2 cores, 8 GiB of memory, Node 20.20.2, Postgres 18.4; medians of 5 round(s)',
    );
    expect(written).toContain('(performance-curve.svg)');
    expect(written).toContain('- flood-10-currents: a flood');
    expect(written).not.toContain('### Failed');
    expect(insertResult(written, measured, 'performance-curve.svg')).toBe(written);
    // `npm run format:check` would refuse a file that the bench has written otherwise.
    expect(await format(written, { parser: 'markdown' })).toBe(written);
  });

  it('is refused without the markers', () => {
    expect(() => insertResult('# Performance', measured, 'x.svg')).toThrow('expected the lines "<!-- curve: begin');
  });
});
