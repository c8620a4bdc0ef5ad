import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './process.mjs';

export const root = join(import.meta.dirname, '../..');

/** Compiles what is out of date. Silent, unless it fails: then it says why and ends the process. */
export async function build() {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  if (!existsSync(compiler)) {
    console.error('The packages are not installed: run npm ci first.');
    process.exit(1);
  }
  const { exitCode, output } = await run([compiler, '-b'], { quiet: true });
  if (exitCode === 0) return;
  console.error(`${output}\nThe build failed.`);
  process.exit(exitCode);
}
