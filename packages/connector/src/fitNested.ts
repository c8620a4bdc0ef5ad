import { setProperty } from './copyProperties.js';

/** No JSON text has more bytes per character of a string: `\u0000`. */
const maxBytesPerCharacter = 6;
/** `-1.2345678901234567e-300` */
const maxScalarBytes = 25;

/** What a partner accepts as the value of one property. */
export interface NestedLimits {
  readonly label: string;
  /** Levels of lists and objects; the value itself is the first. */
  readonly maxLevels: number;
  /** Elements of a list, keys of an object. */
  readonly maxMembers: number;
  /** Bytes as JSON. */
  readonly maxBytes: number;
}

export type FitResult =
  | { readonly value: unknown }
  | { readonly reason: 'property_too_deep' | 'property_too_long' | 'property_too_large'; readonly detail: string };

type Nested = readonly unknown[] | Readonly<Record<string, unknown>>;

/**
 * A list or an object within a partner's limits. Objects that nest too deep are flattened to keys with dots; nothing is
 * cut off. Returns the value itself when it fits.
 */
export function fitNested(value: object, limits: NestedLimits): FitResult {
  const { label, maxLevels, maxMembers, maxBytes } = limits;
  if (bytesAtMost(value, maxLevels, maxMembers) <= maxBytes) return { value };
  const fitted = flatten(value, maxLevels);
  if (fitted === undefined) {
    const detail = `expected lists of at most ${maxLevels} levels, the limit of ${label}, got more`;
    return { reason: 'property_too_deep', detail };
  }
  const members = countMembers(fitted as Nested);
  if (members > maxMembers) {
    const detail = `expected at most ${maxMembers} members, the limit of ${label}, got ${members}`;
    return { reason: 'property_too_long', detail };
  }
  const bytes = Buffer.byteLength(JSON.stringify(fitted));
  if (bytes > maxBytes) {
    const detail = `expected at most ${maxBytes} bytes, the limit of ${label}, got ${bytes}`;
    return { reason: 'property_too_large', detail };
  }
  return { value: fitted };
}

/** An upper bound of the value's bytes as JSON, without serialising it; infinite when it is too deep or too long. */
function bytesAtMost(value: unknown, levels: number, maxMembers: number): number {
  if (typeof value === 'string') return 2 + value.length * maxBytesPerCharacter;
  if (!isNested(value)) return maxScalarBytes;
  if (levels === 0) return Infinity;
  let bytes = 2;
  if (Array.isArray(value)) {
    if (value.length > maxMembers) return Infinity;
    for (const member of value as readonly unknown[]) bytes += 1 + bytesAtMost(member, levels - 1, maxMembers);
    return bytes;
  }
  let members = 0;
  const object = value as Readonly<Record<string, unknown>>;
  for (const key in object) {
    bytes += 4 + key.length * maxBytesPerCharacter + bytesAtMost(object[key], levels - 1, maxMembers);
    members++;
  }
  return members > maxMembers ? Infinity : bytes;
}

/** The value in so many levels, or undefined when lists alone nest deeper: only objects can hold keys with dots. */
function flatten(value: unknown, levels: number): unknown {
  if (!isNested(value)) return value;
  if (levels === 0) return undefined;
  if (Array.isArray(value)) {
    const members = value.map((member) => flatten(member, levels - 1));
    return members.includes(undefined) ? undefined : members;
  }
  const flat: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    const fitted = flatten(member, levels - 1);
    const isPlaced = fitted === undefined ? fold(flat, key, member) : place(flat, key, fitted);
    if (!isPlaced) return undefined;
  }
  return flat;
}

function fold(into: Record<string, unknown>, path: string, value: unknown): boolean {
  if (!isNested(value)) return place(into, path, value);
  return Object.entries(value).every(([key, member]) => fold(into, `${path}.${key}`, member));
}

/** False when the key is taken: `{"a.b": 1, "a": {"b": 2}}` would become ambiguous. */
function place(into: Record<string, unknown>, key: string, value: unknown): boolean {
  if (Object.hasOwn(into, key)) return false;
  setProperty(into, key, value);
  return true;
}

function countMembers(nested: Nested): number {
  const members = Object.values(nested);
  let most = members.length;
  for (const member of members) if (isNested(member)) most = Math.max(most, countMembers(member));
  return most;
}

function isNested(value: unknown): value is Nested {
  return typeof value === 'object' && value !== null;
}
