import type { Command } from 'commander';
import { runProgram } from '../programs/runProgram.js';
import { withExample } from './options.js';

/** @param onExit called with the exit code of the program. */
export function addBackup(program: Command, onExit: (code: number) => void): void {
  withExample(program.command('backup <file>'), 'DATABASE_URL=postgres://… currents backup currents.backup')
    .summary('writes all tables into a new file, while the hub runs')
    .description(
      'Writes all tables as of one moment into a new file, while the hub runs. Credentials stay sealed: the file is of no use without MASTER_KEY, which it does not hold.',
    )
    .action(async (file: string) => onExit(await runProgram('backup', [file])));
  withExample(
    program.command('restore <file>'),
    'DATABASE_URL=postgres://… MASTER_KEY=… currents restore currents.backup',
  )
    .summary('restores a backup into an empty database')
    .description(
      'Restores a backup into an empty database, all of it or nothing, and brings it up to date. Checks the file first, and MASTER_KEY if it is set.',
    )
    .action(async (file: string) => onExit(await runProgram('restore', [file])));
}
