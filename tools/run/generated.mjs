import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, root } from './build.mjs';
import { run } from './process.mjs';

/** Committed files that are made from the code, and the built program, with its words, that prints each. */
const generated = [{ file: 'apps/api/schema.graphql', program: ['apps/api/dist/admin/emit.js', '--print'] }];

export async function writeGenerated() {
  await build();
  for (const { file, program } of generated) {
    await writeFile(join(root, file), await print(program));
    console.log(`wrote ${file}`);
  }
  return true;
}

/** The files that differ from what the code says now. */
export async function findStale() {
  const stale = [];
  for (const { file, program } of generated) {
    const found = await readFile(join(root, file), 'utf8').catch(() => '');
    if (found !== (await print(program))) stale.push(file);
  }
  return stale;
}

async function print(program) {
  const { exitCode, output, errors } = await run(program, { quiet: true });
  if (exitCode !== 0) throw new Error(`${program.join(' ')} failed: ${errors}`);
  return output;
}
