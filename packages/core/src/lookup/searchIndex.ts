import { sql } from 'drizzle-orm';
import type { Queries } from '../admin/admin.js';
import { blockVersion, entryBytes } from '../eventIndex/block.js';
import type { Source } from '../eventIndex/mergeFingerprints.js';
import { bytesOf, fingerprintBytes } from '../eventIndex/packFingerprints.js';

/** The rows of one day that are searched. */
export interface IndexPart {
  readonly day: string;
  readonly source: Source;
  /** Only rows with smaller ids; undefined: all. */
  readonly before?: number | undefined;
}

interface Question {
  readonly fingerprint: number;
  /** How many rows to find at most, the last ones of each block. */
  readonly limit: number;
}

/** Entries that are read at once: enough that nearly always the first guess is right. */
const windowEntries = 4_096;

/** A block that is being searched for the last entry that is smaller than the wanted one. */
interface Searched {
  readonly id: string;
  readonly day: string;
  /** The index of its part in the question. */
  readonly place: number;
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

/** As `searchParts`, for one part. */
export async function searchIndex(db: Queries, { fingerprint, limit, ...part }: IndexPart & Question) {
  const [ids = []] = await searchParts(db, [part], { fingerprint, limit });
  return ids;
}

/**
 * The ids of rows that probably have the fingerprint, of each part the newest first: of all that have it the last `limit`.
 * A few statements, however many parts there are. Within one transaction of isolation level repeatable read, because
 * entries move from row to block and from block to block.
 */
export async function searchParts(
  db: Queries,
  parts: readonly IndexPart[],
  question: Question,
): Promise<readonly (readonly number[])[]> {
  const found = parts.map(() => new Set<number>());
  for (const { place, id } of await searchRows(db, parts, question)) found[place]?.add(Number(id));
  for (const { place, found: ids = [] } of await searchBlocks(db, parts, question))
    for (const id of ids) found[place]?.add(id);
  return found.map((ids) => [...ids].sort((a, b) => b - a).slice(0, question.limit));
}

/** The days are said twice, so that Postgres reads few partitions. */
function partsOf(parts: readonly IndexPart[]) {
  const rows = parts.map(({ before = Number.MAX_SAFE_INTEGER, ...part }, place) => ({ place, before, ...part }));
  return {
    asked: sql`json_to_recordset(${JSON.stringify(rows)}::text::json) p (place int, day date, source text, before bigint)`,
    days: sql`${arrayOf([...new Set(parts.map(({ day }) => day))])}::date[]`,
  };
}

/** Rows whose fingerprints are not in a block yet. Bytes that agree by chance across two fingerprints do no harm. */
async function searchRows(db: Queries, parts: readonly IndexPart[], { fingerprint, limit }: Question) {
  const { asked, days } = partsOf(parts);
  return db.execute<{ place: number; id: string }>(sql`
    select p.place, u.row_id as id from ${asked}
    cross join lateral (
      select row_id from unmerged_fingerprints
      where stored_on = any(${days}) and stored_on = p.day and source = p.source and row_id < p.before
        and position(decode(${bytesOf(fingerprint).toString('hex')}, 'hex') in fingerprints) > 0
      order by row_id desc limit ${limit}) u`);
}

async function searchBlocks(db: Queries, parts: readonly IndexPart[], { fingerprint, limit }: Question) {
  const { asked, days } = partsOf(parts);
  const rows = await db.execute<{ place: number; day: string; id: string; entries: number; first: string }>(sql`
    select p.place, to_char(b.stored_on, 'YYYY-MM-DD') as day, b.id, b.entries, b.first_row_id as first
    from ${asked} join fingerprint_block b on b.stored_on = p.day and b.source = p.source
    where b.stored_on = any(${days}) and b.version = ${blockVersion} and b.first_row_id < p.before and b.entries > 0`);
  const unsigned = fingerprint >>> 0;
  const blocks = rows.map(({ first, ...block }): Searched => ({
    ...block,
    firstRow: Number(first),
    upTo: {
      fingerprint: unsigned,
      row: (parts[block.place]?.before ?? Number.MAX_SAFE_INTEGER) - Number(first),
    },
    low: 0,
    high: block.entries,
    lowKey: 0,
    highKey: 2 ** 32,
    rounds: 0,
  }));
  for (let open = blocks; open.length > 0; open = open.filter(({ found }) => found === undefined))
    await readWindows(db, open, limit);
  return blocks;
}

/** Interpolation search (Perl, Itai and Avni, 1978): fingerprints are evenly distributed. Halves where they are not. */
function guess({ low, high, lowKey, highKey, rounds, upTo }: Searched): number {
  const share = rounds < 3 ? (upTo.fingerprint + 0.5 - lowKey) / Math.max(1, highKey - lowKey) : 0.5;
  return low + Math.min(1, Math.max(0, share)) * (high - low);
}

async function readWindows(db: Queries, blocks: readonly Searched[], limit: number): Promise<void> {
  const starts = blocks.map((block) => {
    const middle = Math.floor(guess(block)) - windowEntries / 2;
    return Math.max(0, Math.min(middle, block.entries - windowEntries));
  });
  const days = arrayOf(blocks.map(({ day }) => day));
  const windows = await db.execute<{ id: string; bytes: Buffer }>(sql`
    select b.id, substring(b.content from w.start for ${windowEntries * entryBytes}::int) as bytes
    from unnest(${days}::date[], ${arrayOf(blocks.map(({ id }) => id))}::bigint[], ${arrayOf(starts.map((start) => start * entryBytes + 1))}::int[]) w (day, id, start)
    join fingerprint_block b on b.stored_on = w.day and b.id = w.id
    where b.stored_on = any(${days}::date[])`);
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
