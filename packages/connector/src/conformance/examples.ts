import type { CatalogueEvent } from '@currents/schema';
import { readdirSync, readFileSync } from 'node:fs';

/** One file in a connector's `examples/`: what goes in and what has to come out. */
export interface Example {
  readonly event: CatalogueEvent;
  /** As an admin writes them. */
  readonly settings: unknown;
  /** What `map` answers, as JSON. */
  readonly mapped: unknown;
}

/** The examples of a folder by file name, without `.json`. Throws when there is none, or when one lacks a part. */
export function examplesIn(folder: URL): ReadonlyMap<string, Example> {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort();
  if (files.length === 0) throw new Error(`no *.json in ${folder.pathname}; wanted at least one example`);
  return new Map(files.map((file) => [file.slice(0, -'.json'.length), readExample(new URL(file, folder))]));
}

function readExample(file: URL): Example {
  const example: unknown = JSON.parse(readFileSync(file, 'utf8'));
  if (!isExample(example)) throw new Error(`${file.pathname}: expected an object with event, settings and mapped`);
  return example;
}

function isExample(value: unknown): value is Example {
  return typeof value === 'object' && value !== null && 'event' in value && 'settings' in value && 'mapped' in value;
}
