import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { endProcess } from '../services/processes.js';
import { watch } from '../services/watchdog.js';
import { nodeFlags } from './nodeFlags.js';

export type ProgramName = 'api' | 'worker';

export interface ProgramOptions {
  readonly environment: Readonly<Record<string, string>>;
  /** Every line the program prints. */
  readonly onLine: (line: string) => void;
  /** Node's own switches, such as `--cpu-prof`. */
  readonly nodeOptions?: readonly string[];
}

/** One running process of the product. */
export interface Program {
  readonly name: ProgramName;
  readonly pid: number;
  /** Where it listens. */
  readonly url: string;
  /** Resolves with how it ended, whenever that is. */
  readonly ended: Promise<string>;
  /** Asks it to finish what is under way, and waits until it is gone. */
  stop(): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
}

const startMs = 60_000;
/** A request to a partner may be under way, and is recorded before the process ends. */
const drainMs = 90_000;

/** Starts one process as the product does, and answers once it says that it is ready. Rejects with what it said otherwise. */
export async function startProgram(
  name: ProgramName,
  { environment, onLine, nodeOptions = [] }: ProgramOptions,
): Promise<Program> {
  const path = fileURLToPath(new URL(`../../../apps/${name}/dist/main.js`, import.meta.url));
  const child = spawn(process.execPath, ['--enable-source-maps', ...nodeFlags, ...nodeOptions, path], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Its own group: a Ctrl-C reaches it through stop(), in order.
    detached: true,
  });
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    child.once('error', (error) => resolve(error.message));
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${name} did not start: ${await ended}`);
  const dog = watch(pid, 'TERM', undefined);
  void ended.then(() => dog.dismiss());
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  /** Never after its end: its id may be somebody else's by then. */
  const end = async (requests: Parameters<typeof endProcess>[1]): Promise<void> => {
    if (!isOver) await endProcess(pid, requests);
  };
  const url = await readUrl(child, name, ended, onLine);
  return {
    name,
    pid,
    url,
    ended,
    async stop() {
      await end([
        { signal: 'SIGTERM', waitMs: drainMs },
        { signal: 'SIGKILL', waitMs: 5_000 },
      ]);
    },
    async kill() {
      await end([{ signal: 'SIGKILL', waitMs: 5_000 }]);
    },
  };
}

async function readUrl(
  child: ChildProcess,
  name: ProgramName,
  ended: Promise<string>,
  onLine: (line: string) => void,
): Promise<string> {
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (line) => {
      onLine(line);
      if (said.length < 50) said.push(line);
    });
  }
  const url = new Promise<string>((resolve) => {
    child.on('message', (message) => {
      if (isReady(message)) resolve(message.ready);
    });
  });
  const late = new Promise<never>((_resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${name} was not ready after ${startMs / 1000} s`)), startMs);
    void Promise.race([url, ended]).then(() => clearTimeout(timer));
  });
  const over = ended.then((how): never => {
    throw new Error(`${name} ended before it was ready (${how}):\n${said.join('\n')}`);
  });
  over.catch(() => undefined);
  late.catch(() => undefined);
  try {
    return await Promise.race([url, over, late]);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

/** What api and worker tell whoever started them, once they listen. */
function isReady(message: unknown): message is { readonly ready: string } {
  return typeof message === 'object' && message !== null && 'ready' in message && typeof message.ready === 'string';
}
