import { readdirSync, readFileSync } from 'node:fs';
import type { ParsedPush, Push } from '../cohortImport.js';

/** One file in a connector's `examples/cohorts/`: a push as it comes, and what the connector has to make of it. */
export interface CohortExample {
  readonly name: string;
  /** The route's own path, such as `lists/:listId/add`. */
  readonly route: string;
  readonly push: Push;
  /** The data import key the push shows. */
  readonly key: string;
  readonly parsed: ParsedPush;
}

/** The examples of a folder. A body may be written as the JSON it is. Throws when there is none, or when one lacks a part. */
export function cohortExamplesIn(folder: URL): readonly CohortExample[] {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort();
  if (files.length === 0) throw new Error(`no *.json in ${folder.pathname}; wanted at least one example`);
  return files.map((file) => readExample(new URL(file, folder), file.slice(0, -'.json'.length)));
}

function readExample(file: URL, name: string): CohortExample {
  const example: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isExample(example)) throw new Error(`${file.pathname}: expected an object with route, push, key and parsed`);
  const { body, path = {}, headers = {} } = example.push;
  const push: Push = { path, headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
  return { ...example, name, push };
}

type Written = Omit<CohortExample, 'name' | 'push'> & {
  readonly push: Partial<Omit<Push, 'body'>> & { readonly body: unknown };
};

function isExample(value: unknown): value is Written {
  return (
    typeof value === 'object' &&
    value !== null &&
    'route' in value &&
    'push' in value &&
    'key' in value &&
    'parsed' in value
  );
}
