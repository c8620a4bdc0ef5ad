import { isAscii, isUtf8 } from 'node:buffer';

/**
 * Decodes bytes to text. A byte that is not UTF-8 becomes a lone surrogate, so that checks for ill-formed strings find its
 * position; `wellFormed`: there was none.
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

/** Parses standard JSON: no comments, no trailing commas, no NaN. */
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

/** Matches the braces of objects, and strings with the colon that makes a string a key. */
const objectTokens = /[{}]|"(?:[^"\\]|\\.)*"(\s*:)?/g;

/** The duplicate keys of an object in valid JSON; JSON.parse keeps only the last value. */
export function findDuplicateKeys(json: string): readonly string[] {
  const duplicates: string[] = [];
  const open: Set<string>[] = [];
  for (const [token, colon] of json.matchAll(objectTokens)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (colon !== undefined) {
      const key = JSON.parse(token.slice(0, -colon.length)) as string;
      if (open.at(-1)?.has(key)) duplicates.push(key);
      open.at(-1)?.add(key);
    }
  }
  return duplicates;
}
