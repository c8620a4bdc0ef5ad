import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endProcess, findProcess } from './processes.js';

/** Clients are cut off and what is committed is written down; then less kindly; then by force (Postgres manual, Shutting Down the Server). */
export const farewell = [
  { signal: 'SIGINT', waitMs: 10_000 },
  { signal: 'SIGQUIT', waitMs: 3_000 },
  { signal: 'SIGKILL', waitMs: 3_000 },
] as const;

/** Notes who started the server of this data directory. */
export async function claimCluster(dataDir: string): Promise<void> {
  await writeFile(join(dataDir, 'owner'), `${process.pid}\n`);
}

/**
 * Makes sure that no earlier server is in the way: ends one whose owner is gone, and removes the lock file of one
 * that is gone itself. Throws when the owner is alive: two hubs on one data directory are a mistake.
 */
export async function clearWay(folder: string, dataDir: string): Promise<void> {
  const lock = join(folder, 'postmaster.pid');
  const id = await readNumber(lock);
  if (id === undefined) return;
  const found = findProcess(id);
  if (found === undefined || !found.command.includes(` ${folder} `)) {
    // Postgres believes any live process of that id, and ids come round again: in a container, always the same few.
    await rm(lock, { force: true });
    return;
  }
  if (found.parentId === (await readNumber(join(dataDir, 'owner')))) {
    throw new Error(`the database in ${dataDir} is in use by process ${found.parentId}; stop that one first`);
  }
  await endProcess(id, farewell);
}

async function readNumber(file: string): Promise<number | undefined> {
  const found = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
  return found > 0 ? found : undefined;
}
