import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What is kept of each release: its packed programs (`VERSION.tgz`) and the rows of a database of it (`VERSION.json`). */
export const keptFolder = join(import.meta.dirname, '../../test/upgrade/releases');

/** The versions of the releases whose packed programs are kept, from the first to the last. */
export function keptVersions(): readonly string[] {
  return readdirSync(keptFolder)
    .flatMap((name) => /^(\d+\.\d+\.\d+)\.tgz$/.exec(name)?.[1] ?? [])
    .sort(compareVersions);
}

/** The release before the present code. Throws when none is kept. */
export function lastKeptVersion(): string {
  const last = keptVersions().at(-1);
  if (last === undefined) throw new Error(`expected a packed release in ${keptFolder}, found none`);
  return last;
}

export const archiveOf = (version: string): string => join(keptFolder, `${version}.tgz`);

/** Runs tar and returns what it prints. Throws with its messages when it fails. */
export function tar(words: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync('tar', words, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (error) throw new Error(`tar did not start: ${error.message}`, { cause: error });
  if (status !== 0) throw new Error(`tar ended with ${status}: ${stderr}`);
  return stdout;
}

function compareVersions(left: string, right: string): number {
  const [a, b] = [left, right].map((version) => version.split('.').map(Number));
  const differing = a?.findIndex((part, index) => part !== b?.[index]) ?? -1;
  return differing === -1 ? 0 : (a?.[differing] ?? 0) - (b?.[differing] ?? 0);
}
