import { isAscii, isUtf8 } from 'node:buffer';

/**
 * Bytes as text. A byte that is not UTF-8 becomes a lone surrogate, so that whatever looks for ill-formed strings finds it
 * where it stands; `wellFormed` says that there was none.
 */
export function decodeText(bytes: Uint8Array): { readonly text: string; readonly wellFormed: boolean } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isAscii(buffer)) return { text: buffer.toString('latin1'), wellFormed: true };
  if (isUtf8(buffer)) return { text: buffer.toString('utf8'), wellFormed: true };
  const parts: string[] = [];
  let at = 0;
  while (at < buffer.length) {
    const length = sequenceLength(buffer[at] as number);
    const sequence = buffer.subarray(at, at + length);
    if (length > 0 && sequence.length === length && isUtf8(sequence)) {
      parts.push(sequence.toString('utf8'));
      at += length;
    } else {
      parts.push(String.fromCharCode(0xdc00 + (buffer[at] as number)));
      at += 1;
    }
  }
  return { text: parts.join(''), wellFormed: false };
}

function sequenceLength(firstByte: number): number {
  if (firstByte < 0x80) return 1;
  if (firstByte < 0xc2) return 0;
  if (firstByte < 0xe0) return 2;
  if (firstByte < 0xf0) return 3;
  return firstByte < 0xf5 ? 4 : 0;
}

/** A JSON value as the standard has it: no comments, no trailing commas, no NaN. */
export function parseJson(text: string): { readonly value: unknown } | { readonly invalid: string } {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    return { invalid: error instanceof Error ? error.message : String(error) };
  }
}

/** Whether a JSON value is an object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const [openBrace, closeBrace, openBracket, closeBracket, comma, quote, backslash] = [
  0x7b, 0x7d, 0x5b, 0x5d, 0x2c, 0x22, 0x5c,
];

/** The keys that stand twice in one object of valid JSON; JSON.parse keeps the last of them without a word. */
export function findDuplicateKeys(json: string): readonly string[] {
  const duplicates: string[] = [];
  const open: (Set<string> | undefined)[] = [];
  let expectsKey = false;
  for (let at = 0; at < json.length; at++) {
    switch (json.charCodeAt(at)) {
      case openBrace:
        open.push(new Set());
        expectsKey = true;
        break;
      case openBracket:
        open.push(undefined);
        expectsKey = false;
        break;
      case closeBrace:
      case closeBracket:
        open.pop();
        expectsKey = false;
        break;
      case comma:
        expectsKey = open.at(-1) !== undefined;
        break;
      case quote: {
        const end = endOfString(json, at);
        const keys = open.at(-1);
        if (expectsKey && keys !== undefined) {
          const raw = json.slice(at + 1, end);
          const key = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
          if (keys.has(key)) duplicates.push(key);
          keys.add(key);
          expectsKey = false;
        }
        at = end;
        break;
      }
    }
  }
  return duplicates;
}

function endOfString(json: string, start: number): number {
  let end = json.indexOf('"', start + 1);
  while (isEscaped(json, end)) end = json.indexOf('"', end + 1);
  return end;
}

function isEscaped(json: string, quoteAt: number): boolean {
  let backslashes = 0;
  while (json.charCodeAt(quoteAt - 1 - backslashes) === backslash) backslashes++;
  return backslashes % 2 === 1;
}
