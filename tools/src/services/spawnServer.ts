import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rm } from 'node:fs/promises';
import type { Account } from './account.js';
import { endProcess, type Request } from './processes.js';
import { watch } from './watchdog.js';

export interface ServerPlan {
  readonly program: string;
  readonly words: readonly string[];
  /** Given by standard input: in the words, every account of the machine could read a password. */
  readonly input?: string;
  readonly account: Account;
  readonly logFile: string;
  /** Removed with the server. */
  readonly temporaryDirectory: string | undefined;
  /** How it is asked to end. */
  readonly farewell: readonly [Request & { readonly signal: 'SIGINT' | 'SIGTERM' }, ...Request[]];
}

export type SpawnedServer = Awaited<ReturnType<typeof spawnServer>>;

/** Starts a server that ends with this process, however this process ends. It may not be ready yet. */
export async function spawnServer(plan: ServerPlan) {
  const log = await open(plan.logFile, 'w', 0o600);
  const child = spawn(plan.program, plan.words, {
    ...plan.account,
    cwd: '/',
    env: serverEnvironment,
    // Its own session: a Ctrl-C at the terminal ends the hub first, which then ends its servers.
    detached: true,
    stdio: [plan.input === undefined ? 'ignore' : 'pipe', log.fd, log.fd],
  });
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(plan.input);
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new Error(`${plan.program} cannot be run: ${(cause as Error).message}`, { cause });
  } finally {
    await log.close();
  }
  child.unref();
  const id = child.pid as number;
  const [{ signal }] = plan.farewell;
  const watchdog = watch(id, signal === 'SIGINT' ? 'INT' : 'TERM', plan.temporaryDirectory);
  // An id comes round again: nobody may be signalled by the id of a server that is gone.
  child.once('exit', () => watchdog.dismiss());

  const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
  const end = async (): Promise<void> => {
    if (!hasEnded()) await endProcess(id, plan.farewell);
  };
  const stop = async (): Promise<void> => {
    await end();
    if (plan.temporaryDirectory !== undefined) await rm(plan.temporaryDirectory, { recursive: true, force: true });
  };
  let stopped: Promise<void> | undefined;
  return {
    id,
    hasEnded,
    readLog: async () => (await readFile(plan.logFile, 'utf8')).trim(),
    /** Ends it without removing anything, for another try. */
    end,
    /** Ends it for good and waits until it is gone. May be called again. */
    stop: () => (stopped ??= stop()),
  };
}

/**
 * For glibc: what a statement needs for a large value is kept for the next one. Otherwise it goes back and comes anew
 * each time, page by page, which costs Postgres a fifth of all it does for an event (docs/decisions/0010).
 */
const keptMemory = {
  MALLOC_MMAP_THRESHOLD_: '16777216',
  MALLOC_TRIM_THRESHOLD_: '16777216',
  MALLOC_TOP_PAD_: '1048576',
};

/** The caller's environment stays outside: it may hold secrets, and variables that steer the server. */
export const serverEnvironment = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
  ...keptMemory,
};
