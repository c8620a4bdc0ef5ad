import type { Command, OptionTable, OptionValues } from '../options.js';

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

export type Cleanup = ReturnType<typeof createCleanup>;

/** The functions that end what has been started, called in reverse order. */
export function createCleanup() {
  const ends: { readonly what: string; readonly end: () => unknown }[] = [];
  let running: Promise<void> | undefined;

  async function endAll(): Promise<void> {
    for (let next = ends.pop(); next; next = ends.pop()) {
      try {
        await next.end();
      } catch (error) {
        console.error(`bench: could not end ${next.what}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  return {
    add: (what: string, end: () => unknown) => void ends.push({ what, end }),
    /**
     * Ends all that is still running. Never rejects: failures are reported on standard error. Ctrl-C and the errors that
     * it causes both clean up: the second call waits for the first.
     */
    run: () => (running ??= endAll().finally(() => (running = undefined))),
  };
}

/** Runs a part of a bench with a separate cleanup, which ends all that the part has started. */
export async function inScope<Value>(
  outer: Cleanup,
  what: string,
  part: (cleanup: Cleanup) => Promise<Value>,
): Promise<Value> {
  const cleanup = createCleanup();
  outer.add(what, cleanup.run);
  return part(cleanup).finally(cleanup.run);
}
