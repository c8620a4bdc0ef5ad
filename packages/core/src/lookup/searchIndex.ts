import { sql } from 'drizzle-orm';
import type { Queries } from '../admin/admin.js';
import { blockVersion, entryBytes } from '../eventIndex/block.js';
import type { Source } from '../eventIndex/mergeFingerprints.js';
import { bytesOf, fingerprintBytes } from '../eventIndex/packFingerprints.js';

interface Question {
  readonly day: string;
  readonly source: Source;
  readonly fingerprint: number;
  /** Only rows with smaller ids; undefined: all. */
  readonly before?: number | undefined;
  /** How many rows to find at most, the last ones of each block. */
  readonly limit: number;
}

/** Entries that are read at once: enough that nearly always the first guess is right. */
const windowEntries = 4_096;

/** A block that is being searched for the last entry that is smaller than the wanted one. */
interface Searched {
  readonly id: string;
  readonly entries: number;
  readonly firstRow: number;
  /** The first entry that is too large. */
  readonly upTo: { readonly fingerprint: number; readonly row: number };
  /** Entries before `low` are smaller, those from `high` on are not. */
  low: number;
  high: number;
  lowKey: number;
  highKey: number;
  rounds: number;
  /** Ids of the rows that were found; undefined until then. */
  found?: readonly number[];
}

/**
 * The ids of rows of one day that probably have the fingerprint, the newest first: of all that have it the last `limit`.
 * Within one transaction of isolation level repeatable read, because entries move from row to block and from block to block.
 */
export async function searchIndex(db: Queries, question: Question): Promise<readonly number[]> {
  const ids = new Set([...(await searchRows(db, question)), ...(await searchBlocks(db, question))]);
  return [...ids].sort((a, b) => b - a).slice(0, question.limit);
}

/** Rows whose fingerprints are not in a block yet. Bytes that agree by chance across two fingerprints do no harm. */
async function searchRows(db: Queries, { day, source, fingerprint, before, limit }: Question): Promise<number[]> {
  const rows = await db.execute<{ id: string }>(sql`
    select row_id as id from unmerged_fingerprints
    where stored_on = ${day} and source = ${source} and row_id < ${before ?? Number.MAX_SAFE_INTEGER}
      and position(decode(${bytesOf(fingerprint).toString('hex')}, 'hex') in fingerprints) > 0
    order by row_id desc limit ${limit}`);
  return rows.map(({ id }) => Number(id));
}

async function searchBlocks(
  db: Queries,
  { day, source, fingerprint, before = Number.MAX_SAFE_INTEGER, limit }: Question,
): Promise<number[]> {
  const rows = await db.execute<{ id: string; entries: number; first: string }>(sql`
    select id, entries, first_row_id as first from fingerprint_block
    where stored_on = ${day} and source = ${source} and version = ${blockVersion}
      and first_row_id < ${before} and entries > 0`);
  const unsigned = fingerprint >>> 0;
  const blocks = rows.map(({ id, entries, first }): Searched => ({
    id,
    entries,
    firstRow: Number(first),
    upTo: { fingerprint: unsigned, row: before - Number(first) },
    low: 0,
    high: entries,
    lowKey: 0,
    highKey: 2 ** 32,
    rounds: 0,
  }));
  for (let open = blocks; open.length > 0; open = open.filter(({ found }) => found === undefined))
    await readWindows(db, day, open, limit);
  return blocks.flatMap(({ found }) => found ?? []);
}

/** Interpolation search (Perl, Itai and Avni, 1978): fingerprints are evenly distributed. Halves where they are not. */
function guess({ low, high, lowKey, highKey, rounds, upTo }: Searched): number {
  const share = rounds < 3 ? (upTo.fingerprint + 0.5 - lowKey) / Math.max(1, highKey - lowKey) : 0.5;
  return low + Math.min(1, Math.max(0, share)) * (high - low);
}

async function readWindows(db: Queries, day: string, blocks: readonly Searched[], limit: number): Promise<void> {
  const starts = blocks.map((block) => {
    const middle = Math.floor(guess(block)) - windowEntries / 2;
    return Math.max(0, Math.min(middle, block.entries - windowEntries));
  });
  const windows = await db.execute<{ id: string; bytes: Buffer }>(sql`
    select b.id, substring(b.content from w.start for ${windowEntries * entryBytes}::int) as bytes
    from unnest(${arrayOf(blocks.map(({ id }) => id))}::bigint[], ${arrayOf(starts.map((start) => start * entryBytes + 1))}::int[]) w (id, start)
    join fingerprint_block b on b.stored_on = ${day} and b.id = w.id`);
  const bytesById = new Map(windows.map(({ id, bytes }) => [id, bytes]));
  for (const [index, block] of blocks.entries())
    narrow(block, starts[index]!, bytesById.get(block.id) ?? Buffer.alloc(0), limit);
}

function arrayOf(values: readonly (string | number)[]): string {
  return `{${values.join(',')}}`;
}

/** Finds the end of the wanted entries in the window, or learns on which side of it they end. */
function narrow(block: Searched, start: number, bytes: Buffer, limit: number): void {
  const { upTo, entries } = block;
  const count = Math.floor(bytes.length / entryBytes);
  block.rounds++;
  if (count === 0) {
    block.found = [];
    return;
  }
  const fingerprintAt = (index: number): number => bytes.readUInt32BE(index * entryBytes);
  const rowAt = (index: number): number => bytes.readUIntBE(index * entryBytes + fingerprintBytes, 3);
  const isSmaller = (index: number): boolean =>
    fingerprintAt(index) < upTo.fingerprint || (fingerprintAt(index) === upTo.fingerprint && rowAt(index) < upTo.row);
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isSmaller(middle)) low = middle + 1;
    else high = middle;
  }
  if (low === count && start + count < entries) {
    [block.low, block.lowKey] = [start + count, fingerprintAt(count - 1)];
    return;
  }
  if (low === 0 && start > 0) {
    [block.high, block.highKey] = [start, fingerprintAt(0)];
    return;
  }
  if (low < limit && start > 0) {
    // Some of the last ones may lie before the window: the next one is around them.
    block.low = block.high = start + low;
    return;
  }
  const found: number[] = [];
  for (let index = low - 1; index >= 0 && found.length < limit && fingerprintAt(index) === upTo.fingerprint; index--)
    found.push(rowAt(index) + block.firstRow);
  block.found = found;
}
