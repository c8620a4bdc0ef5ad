import { isAscii, isUtf8 } from 'node:buffer';

/** Decodes UTF-8. Most texts are ASCII, and Latin-1 decodes these several times as fast. */
export function decodeText(bytes: Buffer): string {
  return bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8');
}

/** Decodes UTF-8; undefined if the bytes are not UTF-8. */
export function decodeUtf8(bytes: Buffer): string | undefined {
  if (isAscii(bytes)) return bytes.toString('latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

interface ReceivedText {
  readonly text: string;
  readonly isDamaged: boolean;
}

/** Decodes what a client sent; `isDamaged` tells that it is not UTF-8: see `surrogateEscape`. */
export function decodeReceived(bytes: Buffer): ReceivedText {
  const steps = decodeInSteps(bytes);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Does the same, and yields every few milliseconds. */
export function* decodeInSteps(bytes: Buffer): Generator<undefined, ReceivedText> {
  const text = decodeUtf8(bytes);
  if (text !== undefined) return { text, isDamaged: false };
  return { text: yield* surrogateEscape(bytes), isDamaged: true };
}

/** The number of bytes of a sequence by its first byte, and the bounds of its second (Unicode, table 3-7). */
const sequences = [
  { from: 0xc2, to: 0xdf, length: 2, low: 0x80, high: 0xbf },
  { from: 0xe0, to: 0xe0, length: 3, low: 0xa0, high: 0xbf },
  { from: 0xe1, to: 0xec, length: 3, low: 0x80, high: 0xbf },
  { from: 0xed, to: 0xed, length: 3, low: 0x80, high: 0x9f },
  { from: 0xee, to: 0xef, length: 3, low: 0x80, high: 0xbf },
  { from: 0xf0, to: 0xf0, length: 4, low: 0x90, high: 0xbf },
  { from: 0xf1, to: 0xf3, length: 4, low: 0x80, high: 0xbf },
  { from: 0xf4, to: 0xf4, length: 4, low: 0x80, high: 0x8f },
];

/** Bytes of the longest sequence. */
export const maxSequenceBytes = 4;

/** The index at which the character begins that an index is in; the index itself where bytes are not UTF-8. */
export function startOfCharacter(bytes: Buffer, at: number): number {
  for (let start = at; start > at - maxSequenceBytes; start--) if ((bytes[start]! & 0xc0) !== 0x80) return start;
  return at;
}

const bytesPerStep = 256 * 1024;

/**
 * Decodes UTF-8, and each byte that is not part of it as the lone surrogate U+DC00 + byte (PEP 383, surrogateescape). UTF-8
 * has no lone surrogates, so such a text shows where the damage is and which bytes it is.
 */
function* surrogateEscape(bytes: Buffer): Generator<undefined, string> {
  const units = new Uint16Array(bytes.length);
  let count = 0;
  let pauseAt = bytesPerStep;
  for (let at = 0; at < bytes.length;) {
    if (at >= pauseAt) {
      pauseAt += bytesPerStep;
      yield undefined;
    }
    const first = bytes[at]!;
    const length = first < 0x80 ? 1 : sequenceLength(bytes, at);
    if (length === 0) units[count++] = 0xdc00 + first;
    else if (length === 1) units[count++] = first;
    else {
      const point = codePoint(bytes, at, length);
      if (point > 0xffff) units[count++] = 0xd800 + ((point - 0x10000) >> 10);
      units[count++] = point > 0xffff ? 0xdc00 + ((point - 0x10000) & 0x3ff) : point;
    }
    at += Math.max(1, length);
  }
  return Buffer.from(units.buffer, 0, count * 2).toString('utf16le');
}

/** The length of the valid sequence at `at`, or 0. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at]!;
  const sequence = sequences.find(({ from, to }) => first >= from && first <= to);
  if (!sequence || at + sequence.length > bytes.length) return 0;
  const second = bytes[at + 1]!;
  if (second < sequence.low || second > sequence.high) return 0;
  for (let rest = 2; rest < sequence.length; rest++) if ((bytes[at + rest]! & 0xc0) !== 0x80) return 0;
  return sequence.length;
}

function codePoint(bytes: Buffer, at: number, length: number): number {
  let point = bytes[at]! & (0xff >> (length + 1));
  for (let rest = 1; rest < length; rest++) point = (point << 6) | (bytes[at + rest]! & 0x3f);
  return point;
}
