import { arrivalTable, idleTable, type MeasuredCell, type Table } from './table.js';

/** The computer and the programs that were measured. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly node: string;
  readonly postgres: string;
}

export interface Measured {
  readonly date: string;
  readonly machine: Machine;
  readonly rounds: number;
  readonly seconds: number;
  readonly cells: readonly MeasuredCell[];
  readonly failed: readonly { readonly name: string; readonly reason: string }[];
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
}

const begin = '<!-- curve: begin; written by the bench -->';
const end = '<!-- curve: end -->';

/** The text with the result between its two markers. Throws when it lacks them. */
export function insertResult(text: string, measured: Measured, picture: string): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`expected the lines "${begin}" and "${end}" in the document`);
  const { machine } = measured;
  const sections = [
    `Measured on ${measured.date.slice(0, 10)}: ${machine.processor}, ${machine.cores} cores, ${Math.round(machine.memoryBytes / 2 ** 30)} GiB of memory, Node ${machine.node}, Postgres ${machine.postgres}; medians of ${measured.rounds} round(s) of ${measured.seconds} s.`,
    `![CPU per delivered event and delay, by events a second](${picture})`,
    ...tableWith('### With arrivals', arrivalTable(measured.cells)),
    ...tableWith('### Idle', idleTable(measured.cells)),
    ...listWith('### Failed', measured.failed),
    ...listWith('### Left out', measured.leftOut),
  ];
  return `${text.slice(0, from)}${begin}\n\n${sections.join('\n\n')}\n\n${text.slice(to)}`;
}

function tableWith(title: string, table: Table): readonly string[] {
  return table.length === 0 ? [] : [title, markdownTable(table).join('\n')];
}

function listWith(title: string, items: Measured['leftOut']): readonly string[] {
  return items.length === 0 ? [] : [title, items.map(({ name, reason }) => `- ${name}: ${reason}`).join('\n')];
}

/** A table as Prettier formats it, the first column to the left and the others to the right. */
export function markdownTable([names = [], ...rows]: Table): readonly string[] {
  const widths = names.map((_, column) => Math.max(4, ...[names, ...rows].map((row) => (row[column] ?? '').length)));
  const pad = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  const lineOf = (texts: readonly string[]): string => `| ${texts.join(' | ')} |`;
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [lineOf(names.map(pad)), lineOf(rule), ...rows.map((row) => lineOf(row.map(pad)))];
}
