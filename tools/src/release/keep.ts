import { statSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../options.js';
import { keepRelease } from './keepRelease.js';

const command = {
  name: 'npm run keep:release',
  summary: `Keeps the packed programs of this version in tools/test/upgrade/releases. Tests run each later version beside
them, and compare its APIs and migrations with theirs. It is a step of a release: see CONTRIBUTING.md.`,
  options: {},
};

await runCommand(command, process.argv.slice(2), () => {
  const path = keepRelease(join(import.meta.dirname, '../../..'));
  console.log(`${path}: ${Math.round(statSync(path).size / 1_000)} kB`);
});
