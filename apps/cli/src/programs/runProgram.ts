import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { CommandFailure, exitCodes } from '../failure.js';
import { nodeFlags } from './nodeFlags.js';

/** A program of the hub: its package, and its file beside the one that the package exports. */
const programs = {
  api: { package: '@currents/api', file: './main.js' },
  worker: { package: '@currents/worker', file: './main.js' },
  migrate: { package: '@currents/api', file: './migrate.js' },
  backup: { package: '@currents/api', file: './backup.js' },
  restore: { package: '@currents/api', file: './restore.js' },
} as const;

export type ProgramName = keyof typeof programs;

/** Signals that a supervisor or a terminal sends. A terminal also sends SIGINT to the program itself, which ignores the second. */
export const passedOn = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

export interface StartedProgram {
  readonly child: ChildProcess;
  /** Its exit code, or 128 + the number of the signal that ended it, as shells do. */
  readonly ended: Promise<number>;
}

/** Starts a built program in a process with V8's right flags, and with the input and output of this one. */
export function startProgram(
  name: ProgramName,
  {
    words = [],
    environment,
    channel = [],
  }: {
    readonly words?: readonly string[];
    /** Without it, that of this process. */
    readonly environment?: NodeJS.ProcessEnv;
    /** By which api and worker report that they are ready. */
    readonly channel?: readonly 'ipc'[];
  } = {},
): StartedProgram {
  const program = programs[name];
  const path = fileURLToPath(new URL(program.file, import.meta.resolve(program.package)));
  const child = spawn(process.execPath, [...nodeFlags, path, ...words], {
    stdio: ['inherit', 'inherit', 'inherit', ...channel],
    ...(environment && { env: environment }),
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', (error) =>
      reject(new CommandFailure(`${name} did not start: ${error.message}`, exitCodes.usage, { cause: error })),
    );
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']));
  });
  return { child, ended };
}

/**
 * Runs a built program in a process with V8's right flags, and with the input, output and environment of this one. Passes
 * signals on. Resolves with its exit code, or 128 + the number of the signal that ended it, as shells do.
 */
export async function runProgram(name: ProgramName, words: readonly string[] = []): Promise<number> {
  const { child, ended } = startProgram(name, { words });
  const listeners = passedOn.map((signal) => [signal, () => void child.kill(signal)] as const);
  for (const [signal, listener] of listeners) process.on(signal, listener);
  try {
    return await ended;
  } finally {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  }
}
