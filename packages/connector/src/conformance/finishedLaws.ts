import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Law } from './law.js';
import type { Subject } from './subject.js';

const todo = /TODO: (.*?)(?: \*\/)?$/gm;

/** A generated connector marks with TODO what its author has to write; this lists what is left. */
export function finishedLaws({ options: { sources } }: Subject): Law[] {
  if (sources === undefined) return [];
  return [{ name: 'nothing is left to write', prove: () => expect(todosIn(sources)).toEqual([]) }];
}

function todosIn(folder: URL): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => /^(src|test|examples)\/.*\.(ts|json)$/.test(file))
    .sort();
  return files.flatMap((file) =>
    [...readFileSync(new URL(file, folder), 'utf8').matchAll(todo)].map(([, text = '']) => `${file}: ${text}`),
  );
}
