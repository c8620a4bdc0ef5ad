import type { Cleanup } from '../cleanup.js';
import type { Command, OptionTable, OptionValues } from '../options.js';

export { inScope, type Cleanup } from '../cleanup.js';

/** The tools of every bench. */
export interface Stage {
  /** An empty directory, removed at the end. */
  readonly folder: string;
  readonly cleanup: Cleanup;
  /** Prints progress on standard error. */
  progress(text: string): void;
  /** Prints a line of the result. */
  print(line: string): void;
  /** Prints an inconsistency; the bench then ends with exit code 1. */
  fail(fault: string): void;
}

/** One entry of the table of benches. `run` returns what goes into the JSON file of the result. */
export interface Bench<Table extends OptionTable> extends Command<Table> {
  run(options: OptionValues<Table>, stage: Stage): Promise<object>;
}

/** The server of the queue and of the budget counters. */
export const queueKinds = ['postgres', 'redis'] as const;
export type QueueKind = (typeof queueKinds)[number];

export function queuesOf(queue: QueueKind | 'both'): readonly QueueKind[] {
  return queue === 'both' ? queueKinds : [queue];
}

/** Infers the types of a bench's options. */
export function defineBench<Table extends OptionTable>(bench: Bench<Table>): Bench<Table> {
  return bench;
}
