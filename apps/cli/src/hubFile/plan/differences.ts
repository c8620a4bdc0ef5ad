import { isDeepStrictEqual } from 'node:util';

/** A line of a plan for each field that differs; none for those that `desired` lacks. */
export function differences<Value extends object>(had: Value, desired: Partial<Value>): readonly string[] {
  return (Object.keys(desired) as (keyof Value & string)[])
    .filter((field) => !isDeepStrictEqual(had[field], desired[field]))
    .map((field) => `${field}: ${show(had[field])} → ${show(desired[field])}`);
}

const maxShown = 200;

/** A value in one line. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return 'none';
  const text = JSON.stringify(value);
  return text.length <= maxShown ? text : `${text.slice(0, maxShown)}…`;
}

/** The JSON Merge Patch (RFC 7396) that makes `desired` of `had`. */
export function mergePatchBetween(
  had: Readonly<Record<string, unknown>>,
  desired: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(had)) if (desired[key] === undefined) patch[key] = null;
  for (const [key, value] of Object.entries(desired)) {
    const former = had[key];
    if (isDeepStrictEqual(former, value)) continue;
    patch[key] = isObject(former) && isObject(value) ? mergePatchBetween(former, value) : value;
  }
  return patch;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
