import type { Logger } from 'pino';
import { ConfigInvalid } from './config.js';
import { DatabaseUnreachable } from '../db/migrate.js';
import { MasterKeyRefused } from '../secrets/masterKeyCheck.js';

/**
 * Runs what a process is for. What an operator has got wrong ends it with a sentence, and not with a stack: exit code 2
 * for its configuration, 1 for a database that cannot be reached.
 */
export async function runProgram(name: string, main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const isConfiguration = error instanceof ConfigInvalid || error instanceof MasterKeyRefused;
    if (!isConfiguration && !(error instanceof DatabaseUnreachable)) throw error;
    console.error(`${name}: ${error.message}`);
    process.exit(isConfiguration ? 2 : 1);
  }
}

/** Has the process finish what is under way and end, once it is asked to by SIGTERM or SIGINT. */
export function stopOnSignal(name: string, log: Logger, stop: () => Promise<void>): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info({ event: `${name}.stopping`, signal });
      stop().then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ event: `${name}.stop_failed`, err: error });
          process.exit(1);
        },
      );
    });
  }
}
