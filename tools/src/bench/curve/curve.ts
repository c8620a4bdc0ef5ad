import { cpus, totalmem } from 'node:os';
import { choice, flag, number, text, type Option, type OptionValues } from '../../options.js';
import { defineBench, queueKinds, type Stage } from '../bench.js';
import { cells, leftOut } from './cells.js';
import type { Machine, Measured } from './document.js';
import { createGenerators } from './generators.js';
import { measureCell, type CellMeasures } from './measureCell.js';
import { publish } from './publish.js';
import { createEstimate } from './remaining.js';
import { summariseCell } from './summarise.js';
import { arrivalTable, idleTable, plainTable, type MeasuredCell } from './table.js';

/** A list of names of cells, separated by commas. */
const cellNames: Option<readonly string[] | undefined> = {
  placeholder: 'NAMES',
  help: 'the cells to measure, separated by commas (all)',
  default: undefined,
  read(text) {
    const names = text.split(',');
    const isKnown = names.every((name) => cells.some((cell) => cell.name === name));
    return isKnown ? { value: names } : `names of cells (${cells.map(({ name }) => name).join(', ')})`;
  },
};

const options = {
  only: choice(['curve'], 'curve', 'this bench'),
  cells: cellNames,
  rounds: number(5, 1, 50, 'rounds of a cell; hub and bare forwarder take turns, medians count', 1),
  seconds: number(10, 1, 60, 'how long a round of each lasts', 3),
  seed: number(1, 0, 2 ** 31, 'seed of the events'),
  queue: choice(queueKinds, 'postgres', 'where the queue is'),
  quick: flag('one short round of each cell'),
  svg: text('FILE', undefined, 'also draws the curve to this file'),
  docs: flag('also writes the result to docs/performance.md, and the curve to docs/performance-curve.svg'),
};

/** The cost of an event by the rate and the manner in which events arrive. */
export const curve = defineBench({
  name: 'npm run bench -- --only curve',
  summary: `Measures what an event costs in the traffic of quiet hours and busy ones, beside a bare forwarder: an HTTP server that
parses, maps, compresses and posts each request before it answers, without any guarantee. Both run on this machine and
take turns. A cell is named by its events a second, of which 10, 100 and 1,000 come one a request, 500 ten a request, and
10,000 and the flood a hundred a request. It ends all that it starts. Exit code 1 when an event is lost or a cell fails.
The cells:
${wrap(cells.map(({ name }) => name))}`,
  options,
  run: measureCurve,
});

interface MeasuredCurve extends Measured {
  readonly cells: readonly (MeasuredCell & CellMeasures)[];
}

async function measureCurve(given: OptionValues<typeof options>, stage: Stage): Promise<MeasuredCurve> {
  const chosen = cells.filter(({ name }) => given.cells?.includes(name) ?? true);
  const estimate = createEstimate(chosen, given);
  const generators = createGenerators(stage.cleanup, given.seed);
  const startedMs = Date.now();
  const measured: MeasuredCurve['cells'][number][] = [];
  const failed: { readonly name: string; readonly reason: string }[] = [];
  for (const [index, cell] of chosen.entries()) {
    const left = Math.ceil(estimate.minutesLeft(index, (Date.now() - startedMs) / 1_000));
    const progress = (text: string): void =>
      stage.progress(`${cell.name} (cell ${index + 1} of ${chosen.length}, about ${left} min left): ${text}`);
    try {
      const measures = await measureCell(cell, given, { ...stage, generators, progress });
      measured.push({ cell, summary: summariseCell(cell, measures), ...measures });
      for (const fault of measures.balance.faults) stage.fail(`${cell.name}: ${fault}`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      failed.push({ name: cell.name, reason });
      stage.fail(`${cell.name} failed: ${reason}`);
      await generators.renew();
    }
  }
  const result = {
    date: new Date().toISOString(),
    machine: machineWith(measured[0]?.postgresVersion),
    rounds: given.rounds,
    seconds: given.seconds,
    cells: measured,
    failed,
    leftOut: given.cells === undefined ? leftOut : [],
  };
  for (const line of describeCurve(result)) stage.print(line);
  await publish(result, given);
  return result;
}

function machineWith(postgres = 'unknown'): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
    node: process.versions.node,
    postgres,
  };
}

/** The result as lines of text. */
function describeCurve({ cells: measured, leftOut: omitted }: MeasuredCurve): string[] {
  const notes = measured.flatMap(({ cell, summary: { turnedAway }, troubles }) => [
    ...(troubles.length > 0
      ? [`${cell.name}: ${troubles.length} warnings and errors in its log; the first: ${troubles[0]?.slice(0, 400)}`]
      : []),
    ...(turnedAway > 0 ? [`${cell.name}: ${turnedAway} requests were answered with 429 or 503`] : []),
  ]);
  return [
    ...[arrivalTable(measured), idleTable(measured)].flatMap((table) => ['', ...plainTable(table)]),
    ...(notes.length > 0 ? ['', ...notes] : []),
    ...(omitted.length > 0 ? ['', 'Left out:', ...omitted.map(({ name, reason }) => `  ${name}: ${reason}`)] : []),
  ];
}

/** Names in lines of a readable width. */
function wrap(names: readonly string[]): string {
  return names
    .reduce<string[]>((lines, name) => {
      const line = lines.at(-1);
      if (line === undefined || line.length + name.length > 110) return [...lines, `  ${name}`];
      return [...lines.slice(0, -1), `${line}, ${name}`];
    }, [])
    .join('\n');
}
