/** What a quotation must not contain. */
export interface RedactOptions {
  /** All secrets in every form that was sent: the key, and the header made from it. */
  readonly secrets: readonly string[];
  /** Payloads whose values the partner may have repeated. */
  readonly payloads: readonly unknown[];
}

const maxReadLength = 1000;
const maxQuoteLength = 300;
const minTraceLength = 8;
const minValueLength = 5;
/** A longer value is found by so many of its first characters, as it may be cut off. */
const beginningLength = 24;
const placeholder = '[hidden]';

/**
 * A partner's message as a `detail`: one line of at most 300 characters, without traces of a secret (eight of its
 * characters in a row) and without the payloads' values of five characters or more; in any case, and as they are,
 * percent-encoded or escaped in JSON.
 */
export function redact(words: string, hidden: RedactOptions): string {
  const text = words.slice(0, maxReadLength);
  const covered = new Uint8Array(text.length);
  const readings = readingsOf(text);
  for (const reading of readings) {
    for (const secret of hidden.secrets) for (const form of formsOf(secret)) coverTraces(reading, form, covered);
    for (const payload of hidden.payloads) coverValues(reading, payload, covered);
  }
  const line = withoutCovered(text, covered)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return (line.length > maxQuoteLength ? `${line.slice(0, maxQuoteLength - 1)}…` : line).toWellFormed();
}

function formsOf(secret: string): Set<string> {
  return new Set([secret, encodeURIComponent(secret.toWellFormed()), JSON.stringify(secret).slice(1, -1)]);
}

/** The words in small letters, as they are or decoded. */
interface Reading {
  readonly text: string;
  /** Where each of its characters begins in the words, and last where they end; undefined where nothing was decoded. */
  readonly starts: readonly number[] | undefined;
  /** The values that were found in it: thousands of payloads may have the same. */
  readonly found: Set<string>;
}

const percentEncoded = /(?:%[0-9a-f]{2})+/gi;
const jsonEscape = /\\(?:u[0-9a-f]{4}|["\\/bfnrt])/gi;

function readingsOf(text: string): readonly Reading[] {
  const readings: Reading[] = [{ text: foldCase(text), starts: undefined, found: new Set() }];
  if (text.includes('%')) readings.push(decoded(text, percentEncoded, decodeURIComponent));
  if (text.includes('\\')) readings.push(decoded(text, jsonEscape, (escape) => JSON.parse(`"${escape}"`) as string));
  return readings;
}

function decoded(text: string, code: RegExp, decode: (coded: string) => string): Reading {
  let plain = '';
  const starts: number[] = [];
  let read = 0;
  const copyTo = (end: number): void => {
    plain += text.slice(read, end);
    for (; read < end; read++) starts.push(read);
  };
  for (const { 0: coded, index } of text.matchAll(code)) {
    let characters;
    try {
      characters = decode(coded);
    } catch {
      continue;
    }
    copyTo(index);
    plain += characters;
    for (let at = 0; at < characters.length; at++) starts.push(index);
    read = index + coded.length;
  }
  copyTo(text.length);
  starts.push(text.length);
  return { text: foldCase(plain), starts, found: new Set() };
}

/** Covers characters of a reading where they stand in the words; of what was decoded together, all. */
function cover({ starts }: Reading, at: number, length: number, covered: Uint8Array): void {
  if (starts === undefined) return void covered.fill(1, at, at + length);
  let last = at + length;
  while (last < starts.length - 1 && starts[last] === starts[at + length - 1]) last++;
  covered.fill(1, starts[at], starts[last]);
}

function coverTraces(reading: Reading, secret: string, covered: Uint8Array): void {
  if (secret === '') return;
  const length = Math.min(minTraceLength, secret.length);
  const folded = foldCase(secret);
  const traces = new Set<string>();
  for (let at = 0; at + length <= folded.length; at++) traces.add(folded.slice(at, at + length));
  const { text } = reading;
  for (let at = 0; at + length <= text.length; at++) {
    if (traces.has(text.slice(at, at + length))) cover(reading, at, length, covered);
  }
}

/** Folds Latin letters only, so that the length does not change. */
function foldCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function coverValues(reading: Reading, value: unknown, covered: Uint8Array): void {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) coverValues(reading, member, covered);
  } else if (typeof value === 'string' || typeof value === 'number') {
    const quoted = String(value);
    if (quoted.length < minValueLength) return;
    const folded = foldCase(quoted.slice(0, maxReadLength));
    const beginning = folded.slice(0, beginningLength);
    const { text, found } = reading;
    const first = text.indexOf(beginning);
    if (first === -1 || found.has(folded)) return;
    found.add(folded);
    for (let at = first; at !== -1; at = text.indexOf(beginning, at + 1)) {
      let length = beginning.length;
      while (length < folded.length && text[at + length] === folded[length]) length++;
      cover(reading, at, length, covered);
    }
  }
}

function withoutCovered(text: string, covered: Uint8Array): string {
  let line = '';
  for (let at = 0; at < text.length; at++) {
    if (covered[at] === 0) line += text[at];
    else if (at === 0 || covered[at - 1] === 0) line += placeholder;
  }
  return line;
}
