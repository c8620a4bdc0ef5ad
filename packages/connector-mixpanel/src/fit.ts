import { setProperty } from '@currents/connector';

/** Lists and objects may nest three deep; Mixpanel, Import Events reference, limits. How lists count is not said: here as a level. */
const MOST_LEVELS = 3;
/** Fewer than 255 elements in a list, keys in an object, properties in an event; Mixpanel, Import Events reference, limits. */
export const MOST_MEMBERS = 254;
/** Mixpanel keeps about 8 KB of a list or an object (Mixpanel, property data types); the rest would vanish unseen. */
const MOST_BYTES = 8000;
/** No JSON text has more bytes for a character of a string: `\u0000`. */
const MOST_BYTES_A_CHARACTER = 6;
/** `-1.2345678901234567e-300` */
const LONGEST_SCALAR = 25;

export type Fit =
  | { readonly value: unknown }
  | { readonly reason: 'property_too_deep' | 'property_too_long' | 'property_too_large'; readonly detail: string };

type Nested = readonly unknown[] | Readonly<Record<string, unknown>>;

/** A list or an object as Mixpanel takes it. What nests too deep is flattened to keys with dots; nothing is cut off. */
export function fit(value: object): Fit {
  if (bytesAtMost(value, MOST_LEVELS) <= MOST_BYTES) return { value };
  const fitted = flatten(value, MOST_LEVELS);
  if (fitted === undefined) {
    return {
      reason: 'property_too_deep',
      detail: `lists more than ${MOST_LEVELS} deep; Mixpanel takes ${MOST_LEVELS}`,
    };
  }
  const members = mostMembers(fitted as Nested);
  if (members > MOST_MEMBERS) {
    return { reason: 'property_too_long', detail: `${members} members; Mixpanel takes ${MOST_MEMBERS}` };
  }
  const bytes = Buffer.byteLength(JSON.stringify(fitted));
  if (bytes > MOST_BYTES) {
    return { reason: 'property_too_large', detail: `${bytes} bytes; Mixpanel keeps ${MOST_BYTES}` };
  }
  return { value: fitted };
}

/** No fewer bytes than the value has as JSON; infinitely many when it is too deep or too long. Cheap where nothing is wrong. */
function bytesAtMost(value: unknown, levels: number): number {
  if (typeof value === 'string') return 2 + value.length * MOST_BYTES_A_CHARACTER;
  if (!isNested(value)) return LONGEST_SCALAR;
  if (levels === 0) return Infinity;
  let bytes = 2;
  if (Array.isArray(value)) {
    if (value.length > MOST_MEMBERS) return Infinity;
    for (const member of value as readonly unknown[]) bytes += 1 + bytesAtMost(member, levels - 1);
    return bytes;
  }
  let members = 0;
  const object = value as Readonly<Record<string, unknown>>;
  for (const key in object) {
    bytes += 4 + key.length * MOST_BYTES_A_CHARACTER + bytesAtMost(object[key], levels - 1);
    members++;
  }
  return members > MOST_MEMBERS ? Infinity : bytes;
}

/** The value in so many levels, or undefined when lists alone are deeper than that: only an object can take in dotted keys. */
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

/** False when the key is taken: `{"a.b": 1, "a": {"b": 2}}` cannot be told apart any more. */
function place(into: Record<string, unknown>, key: string, value: unknown): boolean {
  if (Object.hasOwn(into, key)) return false;
  setProperty(into, key, value);
  return true;
}

function mostMembers(nested: Nested): number {
  const members = Object.values(nested);
  let most = members.length;
  for (const member of members) if (isNested(member)) most = Math.max(most, mostMembers(member));
  return most;
}

function isNested(value: unknown): value is Nested {
  return typeof value === 'object' && value !== null;
}
