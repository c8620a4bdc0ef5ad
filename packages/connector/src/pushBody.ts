import { describeFault, isRecord, kindOf, maxCharactersAtOnce, parseInSteps, scanText } from '@currents/schema';
import { firstText } from './authorizationHeader.js';
import type { ParsedPush, Push } from './cohortImport.js';

export type Fields = Readonly<Record<string, unknown>>;
export type PushBody = { readonly fields: Fields } | { readonly unreadable: string };

/** Changes and reply read the same body of up to several megabytes, so it is parsed once. */
const known = new WeakMap<Push, PushBody>();

/** Locating a syntax error in megabytes would delay other requests. */
const maxSearchedCharacters = 100_000;

/** The JSON object in a push, or what is wrong with it, without repeating any of it. */
export function readPushBody(push: Push): PushBody {
  let body = known.get(push);
  if (body === undefined) known.set(push, (body = parse(push.body)));
  return body;
}

/** Members of one push; partners send about a thousand. Reading more would delay other requests. */
const maxMembers = 50_000;

const stepFaults = {
  not_json: 'the body is not JSON',
  too_many: `expected at most ${maxMembers} members in a push, got more; send several pushes`,
  too_deep: 'expected a JSON object with a list of members, got one that nests deeper',
} as const;

/** Parses a long body before anything else reads it, and yields every few milliseconds. Short ones are parsed when read. */
export function* readPushBodyInSteps(push: Push): Generator<undefined, void> {
  if (push.body.length <= maxCharactersAtOnce) return;
  const parsed = yield* parseInSteps(push.body, { maxElements: maxMembers });
  known.set(push, 'fault' in parsed ? { unreadable: stepFaults[parsed.fault] } : bodyOf(parsed.value));
}

/**
 * A text that is a field of the JSON object in a push, or undefined if there is none or it is blank. Finds it without
 * parsing the body, for keys: anyone can send megabytes of JSON that is slow to parse.
 */
export function textInBody(push: Push, field: string): string | undefined {
  return firstText(scanText(push.body, field));
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
  return bodyOf(value);
}

function bodyOf(value: unknown): PushBody {
  return isRecord(value) ? { fields: value } : expected('a JSON object', 'the body', value);
}
