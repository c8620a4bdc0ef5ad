import type { Cell } from './cells.js';
import type { CellSummary } from './summarise.js';

export interface MeasuredCell {
  readonly cell: Cell;
  readonly summary: CellSummary;
}

/** Rows of texts, the first of them the names of the columns. */
export type Table = readonly (readonly string[])[];

/** CPU in µs per accepted event; a flood and steady arrivals. */
export function arrivalTable(measured: readonly MeasuredCell[]): Table {
  const rows = measured.filter(({ cell }) => cell.arrivals.kind !== 'idle');
  if (rows.length === 0) return [];
  const processes = processesOf(rows);
  return [
    [
      'cell',
      'events/s',
      ...processes.map((name) => `${name} µs`),
      'hub µs',
      'per delivery',
      'forwarder µs',
      'ratio',
      'p50 ms',
      'p99 ms',
      'api MB',
      'worker MB',
      'requests',
      'events/request',
      'ledger',
      'errors',
    ],
    ...rows.map(({ cell, summary }) => [
      cell.name,
      summary.eventsPerSecond.toFixed(0),
      ...processes.map((name) => micros(summary.cpuMicros[name])),
      micros(summary.hubMicros),
      micros(summary.deliveryMicros),
      micros(summary.forwarderMicros),
      fixed(summary.ratio, 2),
      fixed(summary.p50Ms, 0),
      fixed(summary.p99Ms, 0),
      ...memoryOf(summary),
      summary.requests.toFixed(0),
      fixed(summary.eventsPerRequest, 1),
      ...stateOf(summary),
    ]),
  ];
}

/** CPU in ms per second of a hub that receives nothing. */
export function idleTable(measured: readonly MeasuredCell[]): Table {
  const rows = measured.filter(({ cell }) => cell.arrivals.kind === 'idle');
  if (rows.length === 0) return [];
  const processes = processesOf(rows);
  return [
    ['cell', ...processes.map((name) => `${name} ms/s`), 'hub ms/s', 'api MB', 'worker MB', 'ledger', 'errors'],
    ...rows.map(({ cell, summary }) => [
      cell.name,
      ...processes.map((name) => fixed((summary.cpuMicros[name] ?? NaN) / 1_000, 1)),
      fixed(summary.hubMicros / 1_000, 1),
      ...memoryOf(summary),
      ...stateOf(summary),
    ]),
  ];
}

/** Columns of equal width, the first to the left and the others to the right. */
export function plainTable(table: Table): readonly string[] {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => (row[column] ?? '').length)));
  return table.map((row) =>
    row
      .map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0)))
      .join('  '),
  );
}

function processesOf(measured: readonly MeasuredCell[]): readonly string[] {
  return [...new Set(measured.flatMap(({ summary }) => Object.keys(summary.cpuMicros)))];
}

function memoryOf({ peakBytes }: CellSummary): readonly string[] {
  return ['api', 'worker'].map((name) => fixed((peakBytes[name] ?? NaN) / 1e6, 0));
}

function stateOf({ balances, log }: CellSummary): readonly string[] {
  return [balances ? 'balances' : 'DOES NOT', `${log.errors}`];
}

function micros(value: number | undefined): string {
  return fixed(value, value !== undefined && value < 100 ? 1 : 0);
}

function fixed(value: number | undefined, digits: number): string {
  return value === undefined || Number.isNaN(value) ? '–' : value.toFixed(digits);
}
