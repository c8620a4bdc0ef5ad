import { spawnSync } from 'node:child_process';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand, text } from '../options.js';
import { writeRelease } from './writeRelease.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

const command = {
  name: 'npm run pack:release',
  summary: `Packs a release: a folder that npm ci --omit=dev installs the hub from, without a compiler or a build, and
the same folder as a .tar.gz. It replaces what an earlier run left there for the same version.`,
  options: { out: text('DIR', 'dist', 'the folder in which the release is written') },
};

await runCommand(command, process.argv.slice(2), ({ out }) => {
  const { folder, packages } = writeRelease(root, resolve(out));
  const archive = `${folder}.tar.gz`;
  const { status, stderr } = spawnSync('tar', ['-czf', archive, '-C', dirname(folder), basename(folder)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`tar ended with ${status}: ${stderr}`);
  console.log(`${packages.length} packages in ${folder}\nthe same as an archive: ${archive}`);
});
