/**
 * JSON as a text or as its UTF-8 bytes. All that structures JSON is ASCII, so the same scan reads both, without decoding.
 * Places are indices of characters or of bytes.
 */
export type Json = string | Buffer;

/** Characters or bytes after which a scan yields: about a millisecond of work. */
const stepLength = 256 * 1024;

export const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
export const openList = 0x5b;
const backslash = 0x5c;
const closeList = 0x5d;
export const openObject = 0x7b;
const closeObject = 0x7d;

/** The code at an index; NaN beyond the end. */
function codeAt(json: Json, at: number): number {
  return typeof json === 'string' ? json.charCodeAt(at) : (json[at] ?? NaN);
}

/** Where something stops being JSON, and what was expected there. */
export class ScanFault extends Error {
  constructor(
    readonly at: number,
    readonly expected: string,
  ) {
    super(`expected ${expected}`);
    this.name = 'ScanFault';
  }
}

/** A value in a JSON: from `start` to before `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface Member extends Range {
  readonly key: string;
}

/**
 * The elements of the list that begins at `start`, as ranges, then the index after the list. Brackets inside an element
 * are counted and not checked, so each element has to be parsed. Yields undefined now and then, so that a long scan can
 * be interrupted. Throws `ScanFault`.
 */
export function* scanList(json: Json, start: number): Generator<Range | undefined, number> {
  let at = skipSpace(json, start + 1);
  if (codeAt(json, at) === closeList) return at + 1;
  for (;;) {
    const end = yield* endOfValue(json, at);
    yield { start: at, end };
    at = skipSpace(json, end);
    if (codeAt(json, at) === closeList) return at + 1;
    if (codeAt(json, at) !== comma) throw new ScanFault(at, 'a comma or "]"');
    at = skipSpace(json, at + 1);
  }
}

/** The members of the object that begins at `start`, otherwise as `scanList`. */
export function* scanObject(json: Json, start: number): Generator<Member | undefined, number> {
  let at = skipSpace(json, start + 1);
  if (codeAt(json, at) === closeObject) return at + 1;
  let pauseAt = start + stepLength;
  for (;;) {
    if (codeAt(json, at) !== quote) throw new ScanFault(at, 'a key');
    let keyEnd = scanString(json, at + 1, at + stepLength);
    if (keyEnd < 0) keyEnd = yield* restOfString(json, keyEnd);
    const key = readKey(json, at, keyEnd);
    at = skipSpace(json, keyEnd);
    if (codeAt(json, at) !== colon) throw new ScanFault(at, 'a colon');
    at = skipSpace(json, at + 1);
    const end = yield* endOfValue(json, at);
    yield { key, start: at, end };
    at = skipSpace(json, end);
    if (codeAt(json, at) === closeObject) return at + 1;
    if (codeAt(json, at) !== comma) throw new ScanFault(at, 'a comma or "}"');
    at = skipSpace(json, at + 1);
    if (at < pauseAt) continue;
    pauseAt = at + stepLength;
    yield undefined;
  }
}

/** The index of the first character at or after `at` that is not JSON's white space. */
export function skipSpace(json: Json, at: number): number {
  for (; ; at++) {
    const code = codeAt(json, at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
  }
}

/**
 * The text of a member of the JSON object in `text`, which is not parsed otherwise: a scan costs a fraction of that.
 * Undefined if there is no such member, it is no string, or the text is not such an object. As in `JSON.parse`, the last
 * of several members with one key counts.
 */
export function scanText(text: string, key: string): string | undefined {
  const start = skipSpace(text, 0);
  if (text[start] !== '{') return undefined;
  let found: Range | undefined;
  try {
    const scan = scanObject(text, start);
    for (let next = scan.next(); ; next = scan.next()) {
      if (next.done) return found && readText(text, found, skipSpace(text, next.value) === text.length);
      if (next.value?.key === key) found = next.value;
    }
  } catch (error) {
    if (error instanceof ScanFault) return undefined;
    throw error;
  }
}

function readText(text: string, { start, end }: Range, isWhole: boolean): string | undefined {
  if (!isWhole || text[start] !== '"') return undefined;
  try {
    return JSON.parse(text.slice(start, end)) as string;
  } catch {
    return undefined;
  }
}

function* endOfValue(json: Json, start: number): Generator<undefined, number> {
  const first = codeAt(json, start);
  if (first === quote) {
    const end = scanString(json, start + 1, start + stepLength);
    return end < 0 ? yield* restOfString(json, end) : end;
  }
  if (first !== openObject && first !== openList) return endOfScalar(json, start);
  let depth = 0;
  let pauseAt = start + stepLength;
  for (let at = start; at < json.length; at++) {
    const code = codeAt(json, at);
    if (code === quote) {
      const end = scanString(json, at + 1, at + stepLength);
      at = (end < 0 ? yield* restOfString(json, end) : end) - 1;
    } else if (code === openObject || code === openList) depth++;
    else if ((code === closeObject || code === closeList) && --depth === 0) return at + 1;
    if (at >= pauseAt) {
      pauseAt = at + stepLength;
      yield undefined;
    }
  }
  throw new ScanFault(json.length, 'the end of the value');
}

/** Characters of a string that are looked at one by one, which is faster than a search if it is short or full of escapes. */
const fewCharacters = 64;
/** Bytes of one search; a limit, because of the byte that it looks for there may be none in the rest of the body. */
const searchedBytes = 4 * 1024;

/** The index after the string that begins at `start`. */
export function endOfString(json: Json, start: number): number {
  return scanString(json, start + 1, json.length);
}

function* restOfString(json: Json, from: number): Generator<undefined, number> {
  let at = from;
  while (at < 0) {
    yield undefined;
    at = scanString(json, ~at, ~at + stepLength);
  }
  return at;
}

/** The index after the string that goes on at `at`; if that is far beyond `pauseAt`, the complement of the index to go on at. */
function scanString(json: Json, at: number, pauseAt: number): number {
  while (at < json.length) {
    const searchAt = Math.min(at + fewCharacters, json.length);
    while (at < searchAt) {
      const code = codeAt(json, at++);
      if (code === quote) return at;
      if (code === backslash) at++;
    }
    if (typeof json !== 'string') at = skipPlain(json, at);
    if (at >= pauseAt && at < json.length) return ~at;
  }
  throw new ScanFault(json.length, 'the end of the string');
}

/** An index before which there is neither a quotation mark nor a backslash. */
function skipPlain(bytes: Buffer, start: number): number {
  let searched = bytes.subarray(start, start + searchedBytes);
  for (const byte of [quote, backslash]) {
    const found = searched.indexOf(byte);
    if (found >= 0) searched = searched.subarray(0, found);
  }
  return start + searched.length;
}

function endOfScalar(json: Json, start: number): number {
  let end = start;
  while (isInScalar(codeAt(json, end))) end++;
  if (end === start) throw new ScanFault(start, 'a value');
  return end;
}

function isInScalar(code: number): boolean {
  if (code === comma || code === colon || code === quote) return false;
  return code > 0x20 && code !== openList && code !== closeList && code !== openObject && code !== closeObject;
}

/** Far more than any key that is looked for, even if all of it is escaped. */
const maxKeyBytes = 1024;

/** The key at a place, without its quotation marks and escapes; of a longer one among bytes, their beginning as it stands. */
export function readKey(json: Json, start: number, end: number): string {
  if (typeof json !== 'string' && end - start > maxKeyBytes) return json.toString('latin1', start, start + maxKeyBytes);
  const text = typeof json === 'string' ? json.slice(start, end) : json.toString('utf8', start, end);
  if (!text.includes('\\')) return text.slice(1, -1);
  try {
    return JSON.parse(text) as string;
  } catch {
    throw new ScanFault(start, 'a key');
  }
}
