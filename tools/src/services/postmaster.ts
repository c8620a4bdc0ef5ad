import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endProcess, findProcess } from './processes.js';

/** Fast shutdown, then immediate shutdown, then SIGKILL (Postgres manual, Shutting Down the Server). */
export const farewell = [
  { signal: 'SIGINT', waitMs: 10_000 },
  { signal: 'SIGQUIT', waitMs: 3_000 },
  { signal: 'SIGKILL', waitMs: 3_000 },
] as const;

/** Records the process that started the server of this data directory. */
export async function claimCluster(dataDir: string): Promise<void> {
  await writeFile(join(dataDir, 'owner'), `${process.pid}\n`);
}

/**
 * Removes an earlier server: stops one whose owner has ended, and removes the lock file of one that has ended itself.
 * Throws when the owner is alive: two hubs must not share a data directory.
 */
export async function clearWay(folder: string, dataDir: string): Promise<void> {
  const lock = join(folder, 'postmaster.pid');
  const id = await readNumber(lock);
  if (id === undefined) return;
  const found = findProcess(id);
  if (found === undefined || !found.command.includes(` ${folder} `)) {
    // Postgres assumes that a live process of that id is a server, but ids are reused, in a container very often.
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
