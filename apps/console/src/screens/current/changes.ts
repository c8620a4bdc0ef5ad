import type { Values } from '../../parts/schemaForm.js';

/** A value that a change replaces, as people read it. */
export interface Difference {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

/** The JSON Merge Patch (RFC 7396) of the first level that makes `after` of `before`; undefined when they are equal. */
export function patchOf(before: Values, after: Values): Values | undefined {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changed = [...names].filter((name) => !isEqual(before[name], after[name]));
  return changed.length === 0 ? undefined : Object.fromEntries(changed.map((name) => [name, after[name] ?? null]));
}

/** What such a patch replaces, by setting. */
export function differencesOf(before: Values, patch: Values): readonly Difference[] {
  return Object.entries(patch).map(([name, to]) => ({ name, from: asText(before[name]), to: asText(to) }));
}

/** What one set has and the other lacks, in the order of the sets. */
export function onlyIn(some: Iterable<string>, others: ReadonlySet<string>): readonly string[] {
  return [...some].filter((name) => !others.has(name));
}

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return 'the default';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
