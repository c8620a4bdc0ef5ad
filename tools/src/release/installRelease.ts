import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { archiveOf, tar } from './keptReleases.js';
import { npm } from './npm.js';

/** A release that is installed beside the present code. */
export interface InstalledRelease {
  readonly version: string;
  /** The folder of one of its packages, for example `api`. */
  readonly folderOf: (name: string) => string;
}

const modules = join(import.meta.dirname, '../../../node_modules');

/**
 * Installs the packed programs of a kept release into `node_modules/.cache`, where a second call finds them. Node finds
 * what they depend on in the repository's own node_modules; only what that has in another version is installed for them,
 * by npm.
 */
export async function installRelease(version: string): Promise<InstalledRelease> {
  const cache = join(modules, '.cache');
  const hash = createHash('sha256').update(await readFile(archiveOf(version)));
  const folder = join(cache, `currents-${version}-${hash.digest('hex').slice(0, 12)}`);
  const folderOf = (name: string) => join(folder, 'node_modules/@currents', name);
  if (existsSync(folder)) return { version, folderOf };
  await mkdir(cache, { recursive: true });
  const stage = await mkdtemp(join(cache, 'currents-stage-'));
  try {
    const unpacked = join(stage, 'unpacked');
    await mkdir(unpacked);
    tar(['-xzf', archiveOf(version), '-C', unpacked]);
    const missing = await missingDependencies(unpacked);
    await writeFile(join(stage, 'package.json'), JSON.stringify({ private: true, dependencies: missing }));
    if (Object.keys(missing).length > 0) npm(['install', '--no-audit', '--no-fund', '--ignore-scripts'], stage);
    // Only after npm, which would remove packages that it does not know.
    await mkdir(join(stage, 'node_modules'), { recursive: true });
    await rename(unpacked, join(stage, 'node_modules/@currents'));
    // Another process may have been faster.
    await rename(stage, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
  return { version, folderOf };
}

interface Manifest {
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const readManifest = async (folder: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;

/** What the packages of a release depend on, and the repository has not installed in that version. */
async function missingDependencies(packages: string): Promise<Readonly<Record<string, string>>> {
  const manifests = await Promise.all((await readdir(packages)).map((name) => readManifest(join(packages, name))));
  const wanted = Object.assign({}, ...manifests.map(({ dependencies }) => dependencies)) as Record<string, string>;
  const missing: Record<string, string> = {};
  for (const [name, version] of Object.entries(wanted)) {
    if (name.startsWith('@currents/')) continue;
    const installed = await readManifest(join(modules, name)).catch(() => undefined);
    if (installed?.version !== version) missing[name] = version;
  }
  return missing;
}
