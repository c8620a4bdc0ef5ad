import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { connectors } from '../connectors.js';
import { describeApi } from './describeApi.js';

/** Writes apps/api/openapi.json; with `--check` it only fails where that is stale. */
const path = fileURLToPath(new URL('../../openapi.json', import.meta.url));
const text = `${JSON.stringify(describeApi(connectors), null, 2)}\n`;

if (!process.argv.includes('--check')) {
  writeFileSync(path, text);
} else if (readFileSync(path, 'utf8') !== text) {
  console.error('apps/api/openapi.json is stale: run `npm run generate`, and commit it');
  process.exitCode = 1;
}
