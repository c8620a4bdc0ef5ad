import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from 'pino';
import { databaseFailure } from '../db/databaseFailure.js';
import { OperatorError } from '../operatorError.js';
import { surviveLostConnections } from './lostConnections.js';
import { stacksOf } from './log.js';

/**
 * Runs what a process is for. What an operator can mend ends it with one sentence on standard error, without a stack,
 * and exit code 1; anything else with its stack. Node would print the fields of an error, too, among which are the
 * parameters of a failed statement.
 */
export async function runProgram(name: string, main: () => Promise<void>): Promise<void> {
  surviveLostConnections();
  process.on('uncaughtException', (error) => end(`${name}: ${stacksOf(error)}`));
  try {
    await main();
  } catch (error) {
    const failure = databaseFailure(error) ?? error;
    end(`${name}: ${failure instanceof OperatorError ? failure.message : stacksOf(error)}`);
  }
}

function end(words: string): never {
  console.error(words);
  process.exit(1);
}

interface Drain {
  /** How long requests are still served, in milliseconds. */
  readonly forMs: number;
  /** Called at once, so that load balancers can learn to send requests elsewhere. */
  readonly onStart: () => void;
}

/**
 * Ends the process once it is asked to by SIGTERM or SIGINT: after the drain time it finishes what is under way. A
 * signal that comes again changes nothing: a terminal and npm both pass on the same Ctrl-C.
 */
export function stopOnSignal(name: string, log: Logger, drain: Drain, stop: () => Promise<void>): void {
  let isStopping = false;
  const end = async (signal: string): Promise<void> => {
    log.info({ event: `${name}.stopping`, signal });
    drain.onStart();
    if (drain.forMs > 0) await wait(drain.forMs);
    await stop();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isStopping) return;
      isStopping = true;
      end(signal).then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ event: `${name}.stop_failed`, err: error });
          process.exit(1);
        },
      );
    });
  }
}
