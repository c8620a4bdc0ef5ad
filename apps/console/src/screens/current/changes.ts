import type { Values } from '../../parts/schemaForm.js';

/** A value that a change replaces, as people read it. */
export interface Difference {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

/** The JSON Merge Patch (RFC 7396) that makes `after` of `before`; undefined when they are equal. */
export function patchOf(before: Values, after: Values): Values | undefined {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const changed = [...names].filter((name) => !isEqual(before[name], after[name]));
  if (changed.length === 0) return undefined;
  return Object.fromEntries(changed.map((name) => [name, partOf(before[name], after[name])]));
}

/** A patch merges maps, so an entry that is gone has to be named in it. */
function partOf(before: unknown, after: unknown): unknown {
  return isMap(before) && isMap(after) ? patchOf(before, after) : (after ?? null);
}

/** What such a patch replaces, by setting. */
export function differencesOf(before: Values, patch: Values): readonly Difference[] {
  return Object.entries(patch).map(([name, to]) => ({
    name,
    from: asText(before[name]),
    to: asText(patched(before[name], to)),
  }));
}

function patched(before: unknown, patch: unknown): unknown {
  if (!isMap(before) || !isMap(patch)) return patch;
  return Object.fromEntries(Object.entries({ ...before, ...patch }).filter(([, value]) => value !== null));
}

function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
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
