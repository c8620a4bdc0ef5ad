import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { archiveOf, tar } from './keptReleases.js';
import { packPackages } from './packPackages.js';
import { readManifest, releasedWorkspaces } from './workspaces.js';

/** What an installed program does not read: types, source maps, documents, and the console, which has no part in what is stored. */
const leftOut = /(\.d\.ts|\.map|\.tsbuildinfo|README\.md)$/;

/**
 * Keeps the packed programs of the present version for the tests of the releases after it, and returns the path of the
 * archive. Needs built packages. The same files make the same bytes.
 */
export function keepRelease(root: string): string {
  const { version, engines } = readManifest(root);
  const stage = mkdtempSync(join(tmpdir(), 'currents-keep-'));
  try {
    const unpacked = join(stage, 'unpacked');
    mkdirSync(unpacked);
    const programs = releasedWorkspaces(root).filter(({ manifest }) => manifest.name !== '@currents/console');
    for (const { manifest, file } of packPackages(root, { version, ...(engines && { engines }) }, stage, programs)) {
      tar(['-xzf', join(stage, file), '-C', stage]);
      renameSync(join(stage, 'package'), join(unpacked, manifest.name.replace('@currents/', '')));
    }
    for (const path of readdirSync(unpacked, { recursive: true, encoding: 'utf8' }))
      if (leftOut.test(path)) rmSync(join(unpacked, path));
    const sameBytes = ['--sort=name', '--owner=0', '--group=0', '--mtime=@0', '--use-compress-program=gzip -n9'];
    tar([...sameBytes, '-cf', archiveOf(version), '-C', unpacked, ...readdirSync(unpacked).sort()]);
    return archiveOf(version);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}
