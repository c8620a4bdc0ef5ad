import { describeFault, isRecord, kindOf } from '@currents/schema';
import type { ParsedPush, Push } from './cohortImport.js';

export type Fields = Readonly<Record<string, unknown>>;
export type PushBody = { readonly fields: Fields } | { readonly unreadable: string };

/** Key, changes and reply each read the same body, which may have megabytes: it is parsed once. */
const known = new WeakMap<Push, PushBody>();

/** Callers without a key can send megabytes, too; locating a syntax error in all of it would delay other requests. */
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

/** The complaint about a field that holds something else: what kind of value it is, never the value. */
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
