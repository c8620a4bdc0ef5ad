import type { CatalogueEvent } from '@currents/schema';
import { readdirSync, readFileSync } from 'node:fs';
import type { ParsedPush, Push } from '../cohortImport.js';

/** One file in a connector's `examples/`: an event and its expected payload. */
interface Example {
  readonly event: CatalogueEvent;
  /** As an admin writes them. */
  readonly settings: unknown;
  /** The result of `map`, as JSON. */
  readonly mapped: unknown;
}

/** One file in a connector's `examples/cohorts/`: a push and the expected result of parsing it. */
export interface CohortExample {
  readonly name: string;
  /** The route's own path, such as `lists/:listId/add`. */
  readonly route: string;
  readonly push: Push;
  /** The data import key in the push. */
  readonly key: string;
  readonly parsed: ParsedPush;
}

/** The examples of a folder by file name, without `.json`. Throws when there is none, or when one lacks a part. */
export function examplesIn(folder: URL): Readonly<Record<string, Example>> {
  return Object.fromEntries(readExamples<Example>(folder, ['event', 'settings', 'mapped']));
}

/** The examples of a folder, whose bodies may be JSON values. Throws when there is none, or when one lacks a part. */
export function cohortExamplesIn(folder: URL): readonly CohortExample[] {
  return readExamples<CohortExample>(folder, ['route', 'push', 'key', 'parsed']).map(([name, example]) => {
    const { body, path = {}, headers = {} } = example.push as Partial<Omit<Push, 'body'>> & { readonly body: unknown };
    const push: Push = { path, headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
    return { ...example, name, push };
  });
}

function readExamples<Kind>(folder: URL, parts: readonly (keyof Kind)[]): [name: string, example: Kind][] {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort();
  if (files.length === 0) throw new Error(`expected at least one *.json in ${folder.pathname}, got none`);
  return files.map((file) => {
    const example = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Kind;
    if (typeof example !== 'object' || example === null || !parts.every((part) => part in example))
      throw new Error(`${folder.pathname}${file}: expected an object with ${parts.join(', ')}`);
    return [file.slice(0, -'.json'.length), example];
  });
}
