/** Characters after which a scan yields: about a millisecond of work. */
const stepCharacters = 256 * 1024;

/** Where a text stops being JSON, and what was expected there. */
export class ScanFault extends Error {
  constructor(
    readonly at: number,
    readonly expected: string,
  ) {
    super(`expected ${expected}`);
    this.name = 'ScanFault';
  }
}

/** A value in a text: from `start` to before `end`. */
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
export function* scanList(text: string, start: number): Generator<Range | undefined, number> {
  let at = skipSpace(text, start + 1);
  if (text[at] === ']') return at + 1;
  for (;;) {
    const end = yield* endOfValue(text, at);
    yield { start: at, end };
    at = skipSpace(text, end);
    if (text[at] === ']') return at + 1;
    if (text[at] !== ',') throw new ScanFault(at, 'a comma or "]"');
    at = skipSpace(text, at + 1);
  }
}

/** The members of the object that begins at `start`, otherwise as `scanList`. */
export function* scanObject(text: string, start: number): Generator<Member | undefined, number> {
  let at = skipSpace(text, start + 1);
  if (text[at] === '}') return at + 1;
  for (;;) {
    if (text[at] !== '"') throw new ScanFault(at, 'a key');
    const keyEnd = endOfString(text, at);
    const key = readKey(text, at, keyEnd);
    const colon = skipSpace(text, keyEnd);
    if (text[colon] !== ':') throw new ScanFault(colon, 'a colon');
    at = skipSpace(text, colon + 1);
    const end = yield* endOfValue(text, at);
    yield { key, start: at, end };
    at = skipSpace(text, end);
    if (text[at] === '}') return at + 1;
    if (text[at] !== ',') throw new ScanFault(at, 'a comma or "}"');
    at = skipSpace(text, at + 1);
  }
}

/** The index of the first character at or after `at` that is not JSON's white space. */
export function skipSpace(text: string, at: number): number {
  for (; ; at++) {
    const code = text.charCodeAt(at);
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

function* endOfValue(text: string, start: number): Generator<undefined, number> {
  const first = text[start];
  if (first === '"') return endOfString(text, start);
  if (first !== '{' && first !== '[') return endOfScalar(text, start);
  let depth = 0;
  let pauseAt = start + stepCharacters;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) at = endOfString(text, at) - 1;
    else if (code === 0x7b || code === 0x5b) depth++;
    else if ((code === 0x7d || code === 0x5d) && --depth === 0) return at + 1;
    if (at >= pauseAt) {
      pauseAt = at + stepCharacters;
      yield undefined;
    }
  }
  throw new ScanFault(text.length, 'the end of the value');
}

/** The index after the string that begins at `start`. */
export function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    at = text.indexOf('"', at);
    if (at < 0) throw new ScanFault(text.length, 'the end of the string');
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return at + 1;
  }
}

const scalarEnd = /[,\]}\s"[{:]|$/g;

function endOfScalar(text: string, start: number): number {
  scalarEnd.lastIndex = start;
  const end = scalarEnd.exec(text)?.index ?? text.length;
  if (end === start) throw new ScanFault(start, 'a value');
  return end;
}

/** The key at a place, without its quotation marks and escapes. */
export function readKey(text: string, start: number, end: number): string {
  const plain = text.slice(start + 1, end - 1);
  if (!plain.includes('\\')) return plain;
  try {
    return JSON.parse(text.slice(start, end)) as string;
  } catch {
    throw new ScanFault(start, 'a key');
  }
}
