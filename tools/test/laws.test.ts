import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const filesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));

const laws = [...read('ARCHITECTURE.md').matchAll(/^(\d+)\. ([^.,:;]+)/gm)].map(
  ([, number = '', words = '']) => `${number}. ${words.replaceAll('`', '').toLowerCase()}`,
);
const places = ['apps/api/test', 'packages/core/test', 'packages/connector/src/conformance', 'tools/test'];
const titles = places
  .flatMap(filesIn)
  .flatMap((file) => [...read(file).matchAll(/'(\d+\. [^']+)'/g)].map(([, title = '']) => title.toLowerCase()));

it('ARCHITECTURE.md has twelve invariants', () => {
  expect(laws.map((law) => Number.parseInt(law, 10))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
});

it.each(laws)('a test has the name of the invariant: %s', (law) => {
  expect(titles.filter((title) => title.startsWith(law))).not.toEqual([]);
});

it('3. single writer: only record changes a stored outcome', () => {
  const writers = filesIn('packages/core/src').filter((file) => /\bset\b[^;`]*\boutcomes =/.test(read(file)));
  expect(writers).toEqual(['packages/core/src/delivery/record.ts']);
});

it('9. one retry policy: no other file computes a delay that grows with failures', () => {
  const growing = filesIn('packages/core/src').filter((file) => /\b2 \*\*(?! \d)|power\(2/.test(read(file)));
  expect(growing).toEqual(['packages/core/src/retry.ts']);
});
