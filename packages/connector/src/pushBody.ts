import { describeFault } from '@currents/schema';
import type { Push } from './cohortImport.js';

export type PushBody = { readonly fields: Readonly<Record<string, unknown>> } | { readonly unreadable: string };

/** Key, changes and answer are each looked for in the same body, which may have megabytes: it is parsed once. */
const known = new WeakMap<Push, PushBody>();

/** Whoever has no key can send this much, too; looking for the fault in megabytes would hold up everybody else. */
const MOST_SEARCHED = 500_000;

/** The JSON object that a push is, or what is wrong with it, without repeating any of it. */
export function readPushBody(push: Push): PushBody {
  let body = known.get(push);
  if (body === undefined) known.set(push, (body = parse(push.body)));
  return body;
}

function parse(text: string): PushBody {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {
      unreadable: text.length > MOST_SEARCHED ? 'the body is not JSON' : `the body is not JSON: ${describeFault(text)}`,
    };
  }
  if (!isRecord(value)) return { unreadable: `wanted a JSON object as the body; ${kindOf(value)} came` };
  return { fields: value };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What sort of JSON value came, for a complaint that must not repeat it. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return value.trim() === '' ? 'an empty text' : 'a text';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
