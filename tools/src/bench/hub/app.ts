import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from '../../hub/nodeFlags.js';
import { findFreePort } from '../../services/ports.js';
import { endProcess, findProcess } from '../../services/processes.js';
import { watch } from '../../services/watchdog.js';

export interface AppOptions {
  readonly name: 'api' | 'worker';
  readonly environment: Readonly<Record<string, string>>;
  /** Where its log goes. */
  readonly folder: string;
  /** Where its CPU profile goes when it ends, or undefined for none. */
  readonly profileFolder: string | undefined;
}

/** One of the hub's own processes, as `npm run start:api` and `start:worker` start them. */
export interface App {
  readonly id: number;
  readonly url: string;
  /** Warnings and errors it logged. */
  troubles(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

const readyMs = 30_000;
let started = 0;

/** Starts an app and answers once it is ready. It ends with this process, even when this process is killed. */
export async function startApp({ name, environment, folder, profileFolder }: AppOptions): Promise<App> {
  const program = fileURLToPath(new URL(`../../../../apps/${name}/dist/main.js`, import.meta.url));
  const port = await findFreePort();
  const logFile = join(folder, `${name}-${++started}.log`);
  if (profileFolder !== undefined) await mkdir(profileFolder, { recursive: true });
  const profile =
    profileFolder === undefined
      ? []
      : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`, `--cpu-prof-name=${name}-${started}.cpuprofile`];
  const log = openSync(logFile, 'w');
  const child = spawn(process.execPath, [...nodeFlags, ...profile, program], {
    env: {
      PATH: process.env['PATH'] ?? '',
      NODE_ENV: 'production',
      ...environment,
      [`${name.toUpperCase()}_PORT`]: `${port}`,
    },
    // Its own session: a Ctrl-C at the terminal is for the bench, which then ends the hub.
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.on('error', () => undefined);
  const id = child.pid;
  if (id === undefined) throw new Error(`the ${name} cannot be started from ${program}`);
  const watchdog = watch(id, 'TERM', undefined);
  const stop = async (): Promise<void> => {
    await endProcess(id, [
      { signal: 'SIGTERM', waitMs: 20_000 },
      { signal: 'SIGKILL', waitMs: 3_000 },
    ]);
    watchdog.dismiss();
  };
  const url = `http://127.0.0.1:${port}`;
  if (!(await becomesReady(id, url))) {
    await stop();
    throw new Error(`the ${name} did not become ready: ${(await readFile(logFile, 'utf8')).slice(-4_000)}`);
  }
  return { id, url, stop, troubles: () => readTroubles(logFile) };
}

async function becomesReady(id: number, url: string): Promise<boolean> {
  for (const end = Date.now() + readyMs; Date.now() < end; await wait(20)) {
    if (findProcess(id) === undefined) return false;
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.ok) return true;
  }
  return false;
}

const warning = 40;

async function readTroubles(logFile: string): Promise<readonly string[]> {
  const lines = (await readFile(logFile, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.filter((line) => {
    const level = /^\{"level":(\d+)/.exec(line)?.[1];
    // The first api on a database shows an admin token, in plain words.
    return level === undefined ? !line.startsWith('admin token') : Number(level) >= warning;
  });
}
