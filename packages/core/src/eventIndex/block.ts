import { fingerprintBytes } from './packFingerprints.js';

/** Bytes of an entry of a block: the fingerprint, and the row's id less the block's first one, both big-endian. */
export const entryBytes = 7;
/** The ids of the rows of one block span fewer than this. */
export const maxSpan = 2 ** 24;
export const blockVersion = 1;

/**
 * Which fingerprints which rows have: at 2n the fingerprint, at 2n + 1 the id of its row, less that of the first row. Both
 * lie side by side, so that to move an entry touches one place in memory.
 */
export type Entries = Uint32Array<ArrayBuffer>;

/** A row and its fingerprints as `packFingerprints` writes them. */
interface Unmerged {
  readonly row: number;
  readonly packed: Buffer;
}

/** The entries of rows, in their order. */
export function entriesOf(unmerged: readonly Unmerged[]): Entries {
  const count = unmerged.reduce((sum, { packed }) => sum + Math.floor(packed.length / fingerprintBytes), 0);
  const entries = new Uint32Array(2 * count);
  let place = 0;
  for (const { row, packed } of unmerged) {
    for (let at = 0; at + fingerprintBytes <= packed.length; at += fingerprintBytes) {
      entries[place++] = fingerprintAt(packed, at);
      entries[place++] = row;
    }
  }
  return entries;
}

/** The entries of several blocks, one after another, each with what its rows' ids are ahead of the first of all. */
export function entriesOfBlocks(blocks: readonly { readonly content: Buffer; readonly shift: number }[]): Entries {
  const count = blocks.reduce((sum, { content }) => sum + Math.floor(content.length / entryBytes), 0);
  const entries = new Uint32Array(2 * count);
  let place = 0;
  for (const { content, shift } of blocks) {
    for (let at = 0; at + entryBytes <= content.length; at += entryBytes) {
      entries[place++] = fingerprintAt(content, at);
      entries[place++] = ((content[at + 4]! << 16) | (content[at + 5]! << 8) | content[at + 6]!) + shift;
    }
  }
  return entries;
}

/** Not `readUInt32BE`, whose checks take as long as the reading. */
function fingerprintAt(bytes: Buffer, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

const digitBits = 11;
const digits = 1 << digitBits;
const [fingerprintPart, rowPart] = [0, 1] as const;
const byFingerprint = [0, digitBits, 2 * digitBits].map((shift) => ({ part: fingerprintPart, shift }));
const byRow = [0, digitBits, 2 * digitBits].map((shift) => ({ part: rowPart, shift }));

/**
 * The content of a block: the entries, sorted by fingerprint and then by row, each once. Least-significant-digit radix sort
 * (Knuth, TAOCP 5.2.5); it yields after each pass, which takes some milliseconds for a million entries.
 * @param isRowOrdered whether of two entries with the same fingerprint the one with the smaller row comes first; the sort
 * is stable, so that rows need no passes then.
 */
export function* writeBlock(entries: Entries, isRowOrdered: boolean): Generator<undefined, Buffer> {
  let [from, to] = [entries, new Uint32Array(entries.length)];
  for (const { part, shift } of isRowOrdered ? byFingerprint : [...byRow, ...byFingerprint]) {
    if (sortByDigit(from, to, part, shift)) [from, to] = [to, from];
    yield undefined;
  }
  return written(from);
}

/** A stable counting sort by one digit. Returns false when all have the same, so that nothing was to do. */
function sortByDigit(from: Entries, to: Entries, part: 0 | 1, shift: number): boolean {
  const counts = new Uint32Array(digits);
  for (let place = part; place < from.length; place += 2) counts[(from[place]! >>> shift) & (digits - 1)]! += 1;
  if (counts.includes(from.length / 2)) return false;
  const ends = new Uint32Array(digits);
  for (let digit = 1; digit < digits; digit++) ends[digit] = ends[digit - 1]! + 2 * counts[digit - 1]!;
  for (let place = 0; place < from.length; place += 2) {
    const digit = (from[place + part]! >>> shift) & (digits - 1);
    const end = ends[digit]!;
    to[end] = from[place]!;
    to[end + 1] = from[place + 1]!;
    ends[digit] = end + 2;
  }
  return true;
}

function written(entries: Entries): Buffer {
  const content = Buffer.allocUnsafe((entries.length / 2) * entryBytes);
  let at = 0;
  for (let place = 0; place < entries.length; place += 2) {
    const fingerprint = entries[place]!;
    const row = entries[place + 1]!;
    if (place > 0 && fingerprint === entries[place - 2] && row === entries[place - 1]) continue;
    content[at] = fingerprint >>> 24;
    content[at + 1] = fingerprint >>> 16;
    content[at + 2] = fingerprint >>> 8;
    content[at + 3] = fingerprint;
    content[at + 4] = row >>> 16;
    content[at + 5] = row >>> 8;
    content[at + 6] = row;
    at += entryBytes;
  }
  return content.subarray(0, at);
}
