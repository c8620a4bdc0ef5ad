import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { metricsPage } from './metricsPage.js';

/** Writes docs/metrics.md; with `--check` it only fails where that is stale. */
const path = fileURLToPath(new URL('../../../docs/metrics.md', import.meta.url));
const text = metricsPage();

if (!process.argv.includes('--check')) {
  writeFileSync(path, text);
} else if (readFileSync(path, 'utf8') !== text) {
  console.error('docs/metrics.md is stale: run `npm run generate`, and commit it');
  process.exitCode = 1;
}
