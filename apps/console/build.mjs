/* Builds the console into dist: types of the GraphQL schema, the bundle, and its files compressed for the api to serve. */
import { generateOutput } from '@gql.tada/cli-utils';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { build } from 'vite';

const root = import.meta.dirname;
const dist = join(root, 'dist');

await generateOutput({ output: undefined, disablePreprocessing: false, tsconfig: join(root, 'tsconfig.json') });
await build({ configFile: join(root, 'vite.config.mjs'), logLevel: 'warn' });

const compressors = {
  br: (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
  gz: (bytes) => promisify(gzip)(bytes, { level: 9 }),
};
for (const name of await readdir(dist, { recursive: true })) {
  if (!/\.(html|js|css|svg)$/.test(name)) continue;
  const bytes = await readFile(join(dist, name));
  for (const [ending, compress] of Object.entries(compressors))
    await writeFile(join(dist, `${name}.${ending}`), await compress(bytes));
}
