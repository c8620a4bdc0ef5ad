import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rm } from 'node:fs/promises';
import type { Account } from './account.js';
import { endProcess, type Request } from './processes.js';
import { watch } from './watchdog.js';

export interface ServerPlan {
  readonly program: string;
  readonly words: readonly string[];
  /** Passed on standard input, because every account of the machine can read a password in the arguments. */
  readonly input?: string;
  readonly account: Account;
  readonly logFile: string;
  /** A directory that is removed with the server. */
  readonly temporaryDirectory: string | undefined;
  /** The signals that stop the server. */
  readonly farewell: readonly [Request & { readonly signal: 'SIGINT' | 'SIGTERM' }, ...Request[]];
}

export type SpawnedServer = Awaited<ReturnType<typeof spawnServer>>;

/** Starts a server that ends with this process, even if this process is killed. It may not be ready yet. */
export async function spawnServer(plan: ServerPlan) {
  const log = await open(plan.logFile, 'w', 0o600);
  const child = spawn(plan.program, plan.words, {
    ...plan.account,
    cwd: '/',
    env: serverEnvironment,
    // A separate session: Ctrl-C at the terminal reaches only the hub, which then ends its servers.
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
  // Ids are reused: no signal may be sent to the id of an ended server.
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, killedBy) => {
      watchdog.dismiss();
      resolve(killedBy ?? `exit code ${code}`);
    });
  });

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
    /** Resolves with how it ended, for example `SIGKILL` or `exit code 1`. Does not keep this process alive. */
    ended,
    hasEnded,
    readLog: async () => (await readFile(plan.logFile, 'utf8')).trim(),
    /** Stops the server without removing its directory, for a retry. */
    end,
    /** Kills the server, as a crash would, and keeps its directory. */
    async kill(): Promise<void> {
      if (!hasEnded()) await endProcess(id, [{ signal: 'SIGKILL', waitMs: 5_000 }]);
    },
    /** Sends SIGSTOP or SIGCONT to a server that still runs. */
    signal(name: 'SIGSTOP' | 'SIGCONT'): void {
      if (!hasEnded()) process.kill(id, name);
    },
    /** Stops the server, waits until it has ended, and removes its directory. May be called again. */
    stop: () => (stopped ??= stop()),
  };
}

/**
 * Makes glibc keep the memory of a large value for the next statement. Otherwise it is returned and mapped again each
 * time, page by page, which costs a fifth of Postgres' CPU per event (docs/decisions/0010).
 */
const keptMemory = {
  MALLOC_MMAP_THRESHOLD_: '16777216',
  MALLOC_TRIM_THRESHOLD_: '16777216',
  MALLOC_TOP_PAD_: '1048576',
};

/** Excludes the caller's environment, which may contain secrets and variables that change the server's behaviour. */
export const serverEnvironment = {
  PATH: process.env['PATH'] ?? '/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
  ...keptMemory,
};
