import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';

const folder = join(dirname(createRequire(import.meta.url).resolve('@currents/console/package.json')), 'dist');

/** What a browser loads before it shows anything, compressed. */
const maxBytes = 130_000;

it('loads at most 130 KB before the first screen', () => {
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  const names = [...page.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.(?:js|css))"/g)].map(([, name]) => name ?? '');
  expect(names.length).toBeGreaterThanOrEqual(2);
  const bytes = names.reduce((sum, name) => sum + gzipSync(readFileSync(join(folder, name)), { level: 9 }).length, 0);
  expect(bytes).toBeLessThanOrEqual(maxBytes);
});
