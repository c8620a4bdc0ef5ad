import type { Sql } from '../db/connect.js';
import type { Transaction } from '../db/session.js';
import { advisoryLocks } from '../db/advisoryLocks.js';
import { runInSteps } from '../process/runInSteps.js';
import { blockVersion, entriesOf, entriesOfBlocks, entryBytes, maxSpan, writeBlock, type Entries } from './block.js';

export type Source = 'batch' | 'quarantine';

/** Fingerprints of one day that are merged at once, in bytes and rows: sorting them takes some ten milliseconds. */
const maxUnmergedBytes = 3 * 1024 * 1024;
const maxUnmergedRows = 4_000;
/**
 * They are merged when they are so many, or so old. Until then a search reads all of them. So many bytes make a block that
 * needs no further merge: in a flood each entry is sorted and written once.
 */
const dueBytes = 2 * 1024 * 1024;
const dueRows = 2_000;
const dueSeconds = 60;

/** So many blocks of one level make one of the next. */
const fanOut = 8;
const maxEntries = 1_000_000;
/** A block that needs no further merge. */
const lastLevel = 100;

interface Group {
  readonly day: string;
  readonly source: Source;
}

/**
 * Merges the fingerprints of stored rows into blocks, and small blocks into larger ones: a log-structured merge tree
 * (O'Neil et al., 1996) with size-tiered compaction. One step of bounded work, one process at a time; a step that fails
 * changes nothing. Returns whether more is to do.
 */
export async function mergeFingerprints(sql: Sql, { all = false }: { readonly all?: boolean } = {}): Promise<boolean> {
  return sql.begin(async (tx) => {
    const [lock] = await tx<{ isFree: boolean }[]>`
      select pg_try_advisory_xact_lock(${advisoryLocks.eventIndex}) as "isFree"`;
    if (!lock?.isFree) return false;
    return (await mergeRows(tx, all)) || (await mergeBlocks(tx));
  });
}

async function mergeRows(tx: Transaction, all: boolean): Promise<boolean> {
  const [due] = await tx<Group[]>`
    select stored_on as day, source from unmerged_fingerprints group by stored_on, source
    having ${all} or sum(length(fingerprints)) >= ${dueBytes}::int or count(*) >= ${dueRows}::int
      or min(stored_at) < now() - ${dueSeconds}::int * interval '1 second'
    order by stored_on, source limit 1`;
  if (!due) return false;
  const { day, source } = due;
  // A row of several megabytes is taken alone.
  const rows = await tx<{ id: string; packed: string }[]>`
    delete from unmerged_fingerprints
    where stored_on = ${day} and ctid in (
      select ctid from (
        select ctid, row_number() over (order by row_id) as place,
          sum(length(fingerprints)) over (order by row_id) - length(fingerprints) as before,
          row_id - min(row_id) over () as span
        from unmerged_fingerprints where stored_on = ${day} and source = ${source}) ordered
      where place <= ${maxUnmergedRows}::int and before < ${maxUnmergedBytes}::int and span < ${maxSpan}::int)
    returning row_id as id, encode(fingerprints, 'base64') as packed`;
  const ordered = rows
    .map(({ id, packed }) => ({ id: Number(id), packed: Buffer.from(packed, 'base64') }))
    .sort((a, b) => a.id - b.id);
  const first = ordered[0]?.id ?? 0;
  const last = ordered.at(-1)?.id ?? 0;
  const entries = entriesOf(ordered.map(({ id, packed }) => ({ row: id - first, packed })));
  await insertBlock(tx, due, entries, { first, last, level: 1, isRowOrdered: true });
  return true;
}

/** A day that is over gets no further small blocks, so those that it has are merged whatever their levels. */
async function mergeBlocks(tx: Transaction): Promise<boolean> {
  const [due] = await tx<(Group & { level: number; isOver: boolean })[]>`
    select stored_on as day, source, min(level) as level, stored_on < current_date as "isOver" from fingerprint_block
    where level < ${lastLevel} and version = ${blockVersion}
    group by stored_on, source, case when stored_on < current_date then 0 else level end
    having count(*) >= case when stored_on < current_date then 2 else ${fanOut}::int end
    order by stored_on, source, min(level) limit 1`;
  if (!due) return false;
  const blocks = await tx<{ id: string; level: number; first: string; last: string; entries: number }[]>`
    select id, level, first_row_id as first, last_row_id as last, entries from fingerprint_block
    where stored_on = ${due.day} and source = ${due.source} and version = ${blockVersion} and level < ${lastLevel}
      and (${due.isOver} or level = ${due.level})
    order by first_row_id limit ${fanOut}`;
  const [head] = blocks;
  if (!head) return false;
  const first = Math.min(...blocks.map((block) => Number(block.first)));
  let sum = 0;
  const taken = blocks.filter(
    ({ entries, last }, index) => (sum += entries) <= maxEntries && (index === 0 || Number(last) - first < maxSpan),
  );
  if (taken.length < 2) {
    await tx`update fingerprint_block set level = ${lastLevel} where stored_on = ${due.day} and id = ${head.id}`;
    return true;
  }
  const contents = await tx<{ first: string; last: string; content: string }[]>`
    delete from fingerprint_block where stored_on = ${due.day} and id = any(${taken.map(({ id }) => id)}::bigint[])
    returning first_row_id as first, last_row_id as last, encode(content, 'base64') as content`;
  const ordered = contents
    .map(({ content, first, last }) => ({
      content: Buffer.from(content, 'base64'),
      first: Number(first),
      last: Number(last),
    }))
    .sort((a, b) => a.first - b.first);
  // Rows of requests that committed late may lie among those of the block after theirs.
  const isRowOrdered = ordered.every((block, index) => index === 0 || block.first > ordered[index - 1]!.last);
  const entries = entriesOfBlocks(ordered.map((block) => ({ content: block.content, shift: block.first - first })));
  const last = Math.max(...ordered.map((block) => block.last));
  const level = Math.max(...taken.map((block) => block.level)) + 1;
  await insertBlock(tx, due, entries, { first, last, level, isRowOrdered });
  return true;
}

interface NewBlock {
  readonly first: number;
  readonly last: number;
  readonly level: number;
  /** See `writeBlock`. */
  readonly isRowOrdered: boolean;
}

async function insertBlock(
  tx: Transaction,
  { day, source }: Group,
  entries: Entries,
  { first, last, level, isRowOrdered }: NewBlock,
): Promise<void> {
  const content = await runInSteps(writeBlock(entries, isRowOrdered));
  const count = content.length / entryBytes;
  await tx`
    insert into fingerprint_block (stored_on, source, version, level, entries, first_row_id, last_row_id, content)
    values (${day}, ${source}, ${blockVersion}, ${count > maxEntries / 2 ? lastLevel : level}, ${count}, ${first}, ${last},
      decode(${content.toString('base64')}, 'base64'))`;
}
