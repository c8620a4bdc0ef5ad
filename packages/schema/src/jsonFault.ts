import { decodeReceived, maxSequenceBytes, startOfCharacter } from './decodeText.js';

/** The search takes a tenth of a microsecond per character, during which nothing else is done. */
const maxSearched = 128 * 1024;

/**
 * Says where a text that JSON.parse threw at stops being JSON and what was expected there. Quotes one character. Does not
 * search texts of more than 128 Ki characters.
 */
export function describeFault(text: string): string {
  const fault = text.length > maxSearched ? undefined : findFault(text);
  return fault === undefined ? 'it is not JSON' : describePlace(text, fault.at, fault.expected);
}

/** Says what was expected at an index of a text. Beyond 1 Mi characters the index is said in place of the line. */
export function describePlace(text: string, at: number, expected: string): string {
  const place = { index: 0, line: 1, column: 1 };
  advance(place, text.slice(0, at));
  return placeText(place, expected, text.slice(at, at + 2));
}

/** Says the same of an index of UTF-8 bytes, in steps. */
export function* describePlaceInBytes(bytes: Buffer, at: number, expected: string): Generator<undefined, string> {
  const place = { index: 0, line: 1, column: 1 };
  for (let start = 0; start < at;) {
    const end = start + bytesPerStep < at ? startOfCharacter(bytes, start + bytesPerStep) : at;
    advance(place, decodeReceived(bytes.subarray(start, end)).text);
    start = end;
    yield undefined;
  }
  return placeText(place, expected, decodeReceived(bytes.subarray(at, at + maxSequenceBytes)).text);
}

const bytesPerStep = 64 * 1024;

interface Place {
  /** Characters before it. */
  index: number;
  line: number;
  column: number;
}

function advance(place: Place, text: string): void {
  place.index += text.length;
  place.line += text.split('\n').length - 1;
  const newline = text.lastIndexOf('\n');
  place.column = newline < 0 ? place.column + text.length : text.length - newline;
}

/** @param rest the text from this place on, of which one character is quoted. */
function placeText({ index, line, column }: Place, expected: string, rest: string): string {
  const got = rest === '' ? 'the end' : JSON.stringify(String.fromCodePoint(rest.codePointAt(0)!));
  if (index > 1024 * 1024) return `expected ${expected} at character ${index}, got ${got}`;
  return `expected ${expected} at line ${line}, column ${column}, got ${got}`;
}

interface Fault {
  readonly at: number;
  readonly expected: string;
}

type Expected =
  'a value' | 'a value or "]"' | 'a key' | 'a key or "}"' | 'a colon' | 'a comma or "}"' | 'a comma or "]"' | 'the end';

const space = /[ \t\r\n]*/y;
const scalar = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;

/** The first position at which a text stops being JSON; undefined if it is JSON. */
function findFault(text: string): Fault | undefined {
  const closers: ('}' | ']')[] = [];
  const afterValue = (): Expected => {
    const closer = closers.at(-1);
    return closer === undefined ? 'the end' : closer === '}' ? 'a comma or "}"' : 'a comma or "]"';
  };

  let expected: Expected = 'a value';
  for (let at = skip(space, text, 0); ; at = skip(space, text, at)) {
    const char = text[at];
    if (char === undefined) return expected === 'the end' ? undefined : { at, expected };

    if (expected === 'a colon' && char === ':') {
      expected = 'a value';
      at += 1;
    } else if (char === ',' && expected.startsWith('a comma')) {
      expected = closers.at(-1) === '}' ? 'a key' : 'a value';
      at += 1;
    } else if (char === closers.at(-1) && expected.endsWith(`or "${char}"`)) {
      closers.pop();
      expected = afterValue();
      at += 1;
    } else if (char === '"' && (expected.startsWith('a value') || expected.startsWith('a key'))) {
      const end = endOfString(text, at);
      if (typeof end !== 'number') return end;
      expected = expected.startsWith('a key') ? 'a colon' : afterValue();
      at = end;
    } else if (!expected.startsWith('a value')) {
      return { at, expected };
    } else if (char === '{' || char === '[') {
      closers.push(char === '{' ? '}' : ']');
      expected = char === '{' ? 'a key or "}"' : 'a value or "]"';
      at += 1;
    } else {
      const end = skip(scalar, text, at);
      if (end === at) return { at, expected };
      expected = afterValue();
      at = end;
    }
  }
}

function endOfString(text: string, start: number): number | Fault {
  for (let at = start + 1; ; at += 1) {
    const char = text[at];
    if (char === '"') return at + 1;
    if (char === undefined) return { at, expected: 'the end of the string' };
    if (char < ' ') return { at, expected: 'an escape instead of a control character' };
    if (char !== '\\') continue;
    at += 1;
    if (text[at] === 'u') {
      for (let digit = 0; digit < 4; digit += 1) {
        at += 1;
        if (!/^[0-9a-fA-F]$/.test(text[at] ?? '')) return { at, expected: 'four hexadecimal digits' };
      }
    } else if (!'"\\/bfnrt'.includes(text[at] ?? ' ')) return { at, expected: 'an escape that JSON knows' };
  }
}

/** Where the match that starts at a place ends; the place itself when there is none. */
function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
