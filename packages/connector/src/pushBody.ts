import { describeFault, isRecord, kindOf } from '@currents/schema';
import type { ParsedPush, Push } from './cohortImport.js';

export type Fields = Readonly<Record<string, unknown>>;
export type PushBody = { readonly fields: Fields } | { readonly unreadable: string };

/** Key, changes and reply read the same body of up to several megabytes, so it is parsed once. */
const known = new WeakMap<Push, PushBody>();

/** Callers without a valid key can send megabytes; locating a syntax error in them would delay other requests. */
const maxSearchedCharacters = 500_000;

/** The JSON object in a push, or what is wrong with it, without repeating any of it. */
export function readPushBody(push: Push): PushBody {
  let body = known.get(push);
  if (body === undefined) known.set(push, (body = parse(push.body)));
  return body;
}

/** Parses a push whose body has to be a JSON object. */
export function parsePush(push: Push, read: (fields: Fields) => ParsedPush): ParsedPush {
  const body = readPushBody(push);
  return 'fields' in body ? read(body.fields) : body;
}

/** The message about a field with another kind of value. Never contains the value. */
export function expected(what: string, field: string, value: unknown): { readonly unreadable: string } {
  return { unreadable: `expected ${what} as ${field}, got ${kindOf(value)}` };
}

function parse(text: string): PushBody {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const isLong = text.length > maxSearchedCharacters;
    return { unreadable: isLong ? 'the body is not JSON' : `the body is not JSON: ${describeFault(text)}` };
  }
  return isRecord(value) ? { fields: value } : expected('a JSON object', 'the body', value);
}
