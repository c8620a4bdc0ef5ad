import { choice, flag, number, type Option, type OptionValues } from '../../options.js';
import { defineBench, queueKinds, type Stage } from '../bench.js';
import { openGenerator } from '../programs/open.js';
import type { Generator } from '../programs/generator.js';
import type { Program } from '../programs/program.js';
import { cells, leftOut, type Cell } from './cells.js';
import { measureCell, type CellMeasures } from './measureCell.js';
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
  seconds: number(10, 1, 600, 'how long a round of each lasts', 3),
  seed: number(1, 0, 2 ** 31, 'seed of the events'),
  queue: choice(queueKinds, 'postgres', 'where the queue is'),
  quick: flag('one short round of each cell'),
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

interface FailedCell {
  readonly cell: Cell;
  readonly failed: string;
}

async function measureCurve(given: OptionValues<typeof options>, stage: Stage) {
  const chosen = cells.filter(({ name }) => given.cells?.includes(name) ?? true);
  const estimate = createEstimate(chosen, given);
  const generators = new Map<number, Promise<Program<Generator>>>();
  const generatorOf = (requestEvents: number): Promise<Program<Generator>> => {
    const opened =
      generators.get(requestEvents) ??
      openGenerator(stage.cleanup, { seed: given.seed, requestEvents }).then(({ generator }) => generator);
    generators.set(requestEvents, opened);
    return opened;
  };
  const startedMs = Date.now();
  const measured: (MeasuredCell & CellMeasures)[] = [];
  const failed: FailedCell[] = [];
  for (const [index, cell] of chosen.entries()) {
    const left = Math.ceil(estimate.minutesLeft(index, (Date.now() - startedMs) / 1_000));
    const progress = (text: string): void =>
      stage.progress(`${cell.name} (cell ${index + 1} of ${chosen.length}, about ${left} min left): ${text}`);
    try {
      const measures = await measureCell(cell, given, { ...stage, generatorOf, progress });
      measured.push({ cell, summary: summariseCell(cell, measures), ...measures });
      for (const fault of measures.balance.faults) stage.fail(`${cell.name}: ${fault}`);
    } catch (error) {
      failed.push({ cell, failed: String(error) });
      stage.fail(`${cell.name} failed: ${String(error)}`);
    }
  }
  for (const table of [arrivalTable(measured), idleTable(measured)])
    for (const line of ['', ...plainTable(table)]) stage.print(line);
  if (given.cells === undefined) {
    stage.print('\nLeft out:');
    for (const { name, reason } of leftOut) stage.print(`  ${name}: ${reason}`);
  }
  return { cells: measured, failed, leftOut };
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
