import type { Command, OptionTable, OptionValues } from '../options.js';
import type { Cleanup } from './cleanup.js';

/** What every bench works with. */
export interface Stage {
  /** An empty directory, removed at the end. */
  readonly folder: string;
  readonly cleanup: Cleanup;
  /** Says on standard error what is going on. */
  progress(text: string): void;
  /** Prints a line of the result. */
  print(line: string): void;
  /** Prints what does not add up; the bench then ends with exit code 1. */
  fail(fault: string): void;
}

/** One entry of the table of benches. `run` returns what goes into the JSON file of the result. */
export interface Bench<Table extends OptionTable> extends Command<Table> {
  run(options: OptionValues<Table>, stage: Stage): Promise<object>;
}

/** Where the queue, and with it the counters of budgets, is kept. */
export const queueKinds = ['postgres', 'redis'] as const;
export type QueueKind = (typeof queueKinds)[number];

/** Infers the types of a bench's options. */
export function defineBench<Table extends OptionTable>(bench: Bench<Table>): Bench<Table> {
  return bench;
}
