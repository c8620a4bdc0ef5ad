import { endOfString, openList, openObject, quote, ScanFault, skipSpace } from './jsonScan.js';
import { isRecord } from './refusal.js';

/** Names of types are far shorter. What has other characters is no name, and may be anything, so it is not stored apart. */
const typeName = /^[\w.:-]{1,100}$/;

/** The event type that a refused event says it has; undefined when it has none that could be the name of one. */
export function typeOfRefused(value: unknown): string | undefined {
  const type = isRecord(value) ? value['event_type'] : undefined;
  return typeof type === 'string' && typeName.test(type) ? type : undefined;
}

/**
 * What a refused event says, from its text. Of a text that is not JSON, or only the beginning of one, it is an object with
 * the id, event type and ids of the user that stand before the fault; undefined when there are none.
 */
export function readRefused(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return readBroken(text);
  }
}

/** Senders write the ids of an event first. A longer beginning would cost more to read than other requests should wait. */
const maxBrokenCharacters = 64 * 1024;

/** `readRefused` of a text that is known not to be JSON. */
export function readBroken(text: string): unknown {
  const json = text.slice(0, maxBrokenCharacters);
  const start = skipSpace(json, 0);
  if (json.charCodeAt(start) !== openObject) return undefined;
  const event: Record<string, unknown> = {};
  try {
    readMembers(json, start + 1, event, ['id', 'event_type'], 'user');
  } catch (error) {
    if (!(error instanceof ScanFault)) throw error;
  }
  return Object.keys(event).length > 0 ? event : undefined;
}

const userKeys = ['external_user_id', 'user_id', 'device_id'];

/** Reads the wanted texts, and those of a nested object, into `to`. Returns the index after the object, or throws `ScanFault`. */
function readMembers(
  json: string,
  start: number,
  to: Record<string, unknown>,
  wanted: readonly string[],
  nested?: string,
): number {
  for (let at = skipSpace(json, start); ; at = skipSpace(json, at + 1)) {
    if (json[at] === '}') return at + 1;
    if (json.charCodeAt(at) !== quote) throw new ScanFault(at, 'a key');
    const keyEnd = endOfString(json, at);
    const key = textOf(json.slice(at, keyEnd));
    at = skipSpace(json, keyEnd);
    if (json[at] !== ':') throw new ScanFault(at, 'a colon');
    at = skipSpace(json, at + 1);
    if (key !== undefined && key === nested && json.charCodeAt(at) === openObject) {
      const inner: Record<string, unknown> = {};
      to[key] = inner;
      at = readMembers(json, at + 1, inner, userKeys);
    } else {
      const end = endOfValue(json, at);
      if (key !== undefined && wanted.includes(key)) to[key] = textOf(json.slice(at, end));
      at = end;
    }
    at = skipSpace(json, at);
    if (json[at] === '}') return at + 1;
    if (json[at] !== ',') throw new ScanFault(at, 'a comma or "}"');
  }
}

function textOf(json: string): string | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

function endOfValue(json: string, start: number): number {
  const first = json.charCodeAt(start);
  if (first === quote) return endOfString(json, start);
  if (first !== openObject && first !== openList) {
    const scalar = /^[-+.\w]+/.exec(json.slice(start, start + 100));
    if (!scalar) throw new ScanFault(start, 'a value');
    return start + scalar[0].length;
  }
  let depth = 0;
  for (let at = start; at < json.length; at++) {
    const character = json[at];
    if (character === '"') at = endOfString(json, at) - 1;
    else if (character === '{' || character === '[') depth++;
    else if ((character === '}' || character === ']') && --depth === 0) return at + 1;
  }
  throw new ScanFault(json.length, 'the end of the value');
}
