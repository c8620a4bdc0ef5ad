import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { dashboardText } from './dashboard.js';

/** Writes deploy/grafana/currents.json; with `--check` it only fails where that is stale. */
const path = fileURLToPath(new URL('../../../deploy/grafana/currents.json', import.meta.url));
const text = dashboardText();

if (!process.argv.includes('--check')) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
} else if (readFileSync(path, 'utf8') !== text) {
  console.error('deploy/grafana/currents.json is stale: run `npm run generate`, and commit it');
  process.exitCode = 1;
}
