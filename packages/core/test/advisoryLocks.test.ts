import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { advisoryLocks } from '../src/db/advisoryLocks.js';

const folder = fileURLToPath(new URL('../src/', import.meta.url));
const calls = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .flatMap((name) => readFileSync(join(folder, name), 'utf8').match(/pg_(try_)?advisory_\w+\([^)]*/g) ?? []);

it('no two purposes share an advisory lock', () => {
  const keys = Object.values(advisoryLocks);
  expect(new Set(keys).size).toBe(keys.length);
});

it('every use of an advisory lock names it by its entry in the table', () => {
  expect(calls.length).toBeGreaterThan(5);
  for (const call of calls) expect(call).toMatch(/\$\{advisoryLocks[.[]/);
});
