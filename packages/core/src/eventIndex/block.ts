import { fingerprintBytes } from './packFingerprints.js';

/** Bytes of an entry of a block: the fingerprint, and the row's id less the block's first one, both big-endian. */
export const entryBytes = 7;
/** The ids of the rows of one block span fewer than this. */
export const maxSpan = 2 ** 24;
export const blockVersion = 1;

/** Which fingerprints which rows have, in no order: the entry `index` says that `rows[index]` has `fingerprints[index]`. */
export interface Entries {
  readonly fingerprints: Uint32Array;
  /** Ids of the rows, less that of the first. */
  readonly rows: Uint32Array;
}

/** A row and its fingerprints as `packFingerprints` writes them. */
interface Unmerged {
  readonly row: number;
  readonly packed: Buffer;
}

export function entriesOf(unmerged: readonly Unmerged[]): Entries {
  const count = unmerged.reduce((sum, { packed }) => sum + Math.floor(packed.length / fingerprintBytes), 0);
  const [fingerprints, rows] = [new Uint32Array(count), new Uint32Array(count)];
  let index = 0;
  for (const { row, packed } of unmerged) {
    for (let at = 0; at + fingerprintBytes <= packed.length; at += fingerprintBytes) {
      fingerprints[index] = packed.readUInt32BE(at);
      rows[index++] = row;
    }
  }
  return { fingerprints, rows };
}

/** The entries of several blocks, each with what its rows' ids are ahead of the first of all. */
export function entriesOfBlocks(blocks: readonly { readonly content: Buffer; readonly shift: number }[]): Entries {
  const count = blocks.reduce((sum, { content }) => sum + Math.floor(content.length / entryBytes), 0);
  const [fingerprints, rows] = [new Uint32Array(count), new Uint32Array(count)];
  let index = 0;
  for (const { content, shift } of blocks) {
    for (let at = 0; at + entryBytes <= content.length; at += entryBytes) {
      fingerprints[index] = content.readUInt32BE(at);
      rows[index++] = content.readUIntBE(at + fingerprintBytes, 3) + shift;
    }
  }
  return { fingerprints, rows };
}

const digitBits = 12;
const digits = 1 << digitBits;

/**
 * The content of a block: the entries, sorted by fingerprint and then by row, each once. Least-significant-digit radix sort
 * (Knuth, TAOCP 5.2.5); it yields after each pass, which takes some milliseconds for a million entries.
 */
export function* writeBlock(entries: Entries): Generator<undefined, Buffer> {
  let from = entries;
  let to: Entries = { fingerprints: new Uint32Array(from.rows.length), rows: new Uint32Array(from.rows.length) };
  const passes = [
    { key: 'rows', shift: 0 },
    { key: 'rows', shift: digitBits },
    { key: 'fingerprints', shift: 0 },
    { key: 'fingerprints', shift: digitBits },
    { key: 'fingerprints', shift: 2 * digitBits },
  ] as const;
  for (const { key, shift } of passes) {
    if (sortByDigit(from, to, from[key], shift)) [from, to] = [to, from];
    yield undefined;
  }
  return written(from);
}

/** A stable counting sort by one digit. Returns false when all have the same, so that nothing was to do. */
function sortByDigit(from: Entries, to: Entries, keys: Uint32Array, shift: number): boolean {
  const starts = new Uint32Array(digits + 1);
  for (const key of keys) starts[((key >>> shift) & (digits - 1)) + 1]! += 1;
  if (starts.includes(keys.length)) return false;
  for (let digit = 0; digit < digits; digit++) starts[digit + 1]! += starts[digit]!;
  for (let index = 0; index < keys.length; index++) {
    const digit = (keys[index]! >>> shift) & (digits - 1);
    const place = starts[digit]!;
    starts[digit] = place + 1;
    to.fingerprints[place] = from.fingerprints[index]!;
    to.rows[place] = from.rows[index]!;
  }
  return true;
}

function written({ fingerprints, rows }: Entries): Buffer {
  const content = Buffer.allocUnsafe(rows.length * entryBytes);
  let at = 0;
  for (let index = 0; index < rows.length; index++) {
    const fingerprint = fingerprints[index]!;
    const row = rows[index]!;
    if (index > 0 && fingerprint === fingerprints[index - 1] && row === rows[index - 1]) continue;
    at = content.writeUInt32BE(fingerprint, at);
    at = content.writeUIntBE(row, at, 3);
  }
  return content.subarray(0, at);
}
