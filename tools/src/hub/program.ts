import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { nodeFlags } from '@currents/cli';
import { endProcess } from '../services/processes.js';
import { watch } from '../services/watchdog.js';

export type ProgramName = 'api' | 'worker';

export interface ProgramOptions {
  readonly environment: Readonly<Record<string, string>>;
  /** The folder of the program's package. Default: the one of this repository. */
  readonly folder?: string | undefined;
  /** Called with every line that the program prints. */
  readonly onLine?: (line: string) => void;
  /** A file for the program's output, instead of `onLine`, without cost for this process. */
  readonly logFile?: string;
  /** Options of Node, such as `--cpu-prof`. */
  readonly nodeOptions?: readonly string[];
}

/** A program that ended before it was ready, or was not ready in time. */
export class ProgramFailed extends Error {
  constructor(
    /** What happened, in one line. */
    readonly summary: string,
    /** What it had printed. */
    readonly output: string,
    cause: unknown,
  ) {
    super(`${summary}:\n${output}`, { cause });
  }
}

/** One running process of the product. */
export type Program = Awaited<ReturnType<typeof startProgram>>;

const startMs = 60_000;
/** The time to stop: a request to a partner may be in flight, and is recorded before the process ends. */
const drainMs = 90_000;

/** Starts one process as the product does, and resolves when it is ready. Rejects with its output otherwise. */
export async function startProgram(
  name: ProgramName,
  { environment, folder, onLine = () => undefined, logFile, nodeOptions = [] }: ProgramOptions,
) {
  const path = join(folder ?? join(import.meta.dirname, '../../../apps', name), 'dist/main.js');
  const log = logFile === undefined ? 'pipe' : openSync(logFile, 'w');
  const child = spawn(process.execPath, [...nodeFlags, ...nodeOptions, path], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', log, log, 'ipc'],
    // A separate process group: Ctrl-C does not reach it; stop() ends it in order.
    detached: true,
  });
  if (typeof log === 'number') closeSync(log);
  let isOver = false;
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    child.once('error', (error) => resolve(error.message));
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${name} did not start: ${await ended}`);
  const dog = watch(pid, 'TERM', undefined);
  void ended.then(() => {
    isOver = true;
    dog.dismiss();
  });
  /** Sends a signal, but not after the end of the process: its id may be reused. */
  const end = async (requests: Parameters<typeof endProcess>[1]): Promise<void> => {
    if (!isOver) await endProcess(pid, requests);
    // Its last lines are read after its end.
    await printed.ended;
  };
  const printed = collectLines(child, onLine);
  const { ready: url } = await readReady(child, ended).catch((cause: unknown) => {
    child.kill('SIGKILL');
    const output = logFile === undefined ? printed.first.join('\n') : readFileSync(logFile, 'utf8').slice(-4_000);
    throw new ProgramFailed(`${name} ${(cause as Error).message}`, output, cause);
  });
  return {
    name,
    pid,
    /** The address of the program. */
    url,
    /** Sends a message to a module that `nodeOptions` preload; the product itself reads none. */
    tell: (message: object) => void (child.connected && child.send(message)),
    /** Resolves with the reason of the end, for example `SIGKILL` or `exit code 1`. */
    ended,
    /** Stops the program gracefully, and waits until it has ended. */
    stop: () =>
      end([
        { signal: 'SIGTERM', waitMs: drainMs },
        { signal: 'SIGKILL', waitMs: 5_000 },
      ]),
    /** Kills the program, as a crash would. */
    kill: () => end([{ signal: 'SIGKILL', waitMs: 5_000 }]),
  };
}

/** Passes on every line of the child's output; `first` receives the first 50 of them, and `ended` resolves after the last. */
function collectLines({ stdout, stderr }: ChildProcess, onLine: (line: string) => void) {
  const first: string[] = [];
  const readers = [stdout, stderr].flatMap((stream) => (stream ? [createInterface({ input: stream })] : []));
  for (const reader of readers)
    reader.on('line', (line) => {
      onLine(line);
      if (first.length < 50) first.push(line);
    });
  return { first, ended: Promise.all(readers.map((reader) => once(reader, 'close'))) };
}

interface Ready {
  readonly ready: string;
}

/** What api and worker report to their parent process when they listen. */
function readReady(child: ChildProcess, ended: Promise<string>): Promise<Ready> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`was not ready after ${startMs / 1000} s`)), startMs);
    child.on('message', (message) => {
      if (!isReady(message)) return;
      clearTimeout(timer);
      resolve(message);
    });
    void ended.then((how) => {
      clearTimeout(timer);
      reject(new Error(`ended before it was ready (${how})`));
    });
  });
}

function isReady(message: unknown): message is Ready {
  return typeof message === 'object' && message !== null && 'ready' in message && typeof message.ready === 'string';
}
