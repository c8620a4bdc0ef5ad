import { addFingerprints, readRefused } from '@currents/schema';
import { sql } from 'drizzle-orm';
import type { Queries } from '../admin/admin.js';
import type { Sql } from '../db/connect.js';
import type { Transaction } from '../db/session.js';
import { advisoryLocks } from '../db/advisoryLocks.js';
import { readableEvents } from '../batch/batch.js';
import { openContent } from '../ledger/quarantineBodies.js';
import type { Source } from '../eventIndex/mergeFingerprints.js';
import { packFingerprints } from '../eventIndex/packFingerprints.js';

/** Rows that are looked at in one step, and events of those that are read in it. */
const maxRows = 500;
const maxEvents = 5_000;

interface Step {
  readonly day: string;
  readonly source: Source;
  readonly lastRowId: string;
}

interface Row {
  readonly id: string;
  readonly events: number;
  readonly isIndexed: boolean;
}

/**
 * Indexes rows that a release before the index has stored, the newest day first. Processes of that release may run for a
 * while yet, so a day is watched until it has long passed; rows count once they are a minute old, because ids do not commit in
 * order. One step of bounded work, one process at a time. Returns whether more is to do at once.
 */
export async function backfillIndex(pool: Sql): Promise<boolean> {
  return pool.begin(async (tx) => {
    const [lock] = await tx<{ isFree: boolean }[]>`
      select pg_try_advisory_xact_lock(${advisoryLocks.eventIndex}) as "isFree"`;
    if (!lock?.isFree) return false;
    const [step] = await tx<Step[]>`
      select stored_on as day, source, last_row_id as "lastRowId" from index_backfill
      where finished_at is null and stored_on <= current_date
        and (caught_up_at is null or checked_at < now() - interval '1 minute')
      order by caught_up_at is not null, stored_on desc, source limit 1`;
    if (!step) return false;
    const rows = step.source === 'batch' ? await batchRows(tx, step) : await quarantineRows(tx, step);
    const [taken, isEnd] = cut(rows);
    for (const row of taken) if (!row.isIndexed) await indexRow(tx, step, row.id);
    const last = taken.at(-1)?.id ?? step.lastRowId;
    await tx`
      update index_backfill set last_row_id = ${last}, checked_at = now(),
        caught_up_at = case when ${isEnd} then coalesce(caught_up_at, now()) else caught_up_at end,
        finished_at = case when ${isEnd} and stored_on < current_date - 1 then now() end
      where stored_on = ${step.day} and source = ${step.source}`;
    return true;
  });
}

function batchRows(tx: Transaction, { day, lastRowId }: Step): Promise<Row[]> {
  return tx<Row[]>`
    select id, events, token_ids is not null as "isIndexed" from batch
    where stored_on = ${day} and id > ${lastRowId} and stored_at < now() - interval '1 minute' order by id limit ${maxRows}`;
}

function quarantineRows(tx: Transaction, { day, lastRowId }: Step): Promise<Row[]> {
  return tx<Row[]>`
    select id, events, is_indexed as "isIndexed" from quarantine_batch
    where stored_on = ${day} and id > ${lastRowId} and stored_at < now() - interval '1 minute' order by id limit ${maxRows}`;
}

/** The first rows, with at most so many events to read, and whether these are all there are. */
function cut(rows: readonly Row[]): readonly [readonly Row[], boolean] {
  let events = 0;
  const end = rows.findIndex((row, index) => (row.isIndexed ? false : (events += row.events) > maxEvents && index > 0));
  return end < 0 ? [rows, rows.length < maxRows] : [rows.slice(0, end), false];
}

async function indexRow(tx: Transaction, { day, source }: Step, id: string): Promise<void> {
  const [row] =
    source === 'batch'
      ? await tx<{ content: Buffer; events: number }[]>`
          select content, events from batch where stored_on = ${day} and id = ${id}`
      : await tx<{ content: Buffer | null; events: number }[]>`
          select content, events from quarantine_batch where stored_on = ${day} and id = ${id}`;
  if (!row?.content) return;
  const fingerprints: number[] = [];
  if (source === 'batch') for (const event of await readableEvents(row.content)) addFingerprints(event, fingerprints);
  else await addRefused(row.content, row.events, fingerprints);
  if (fingerprints.length === 0) return;
  await tx`
    insert into unmerged_fingerprints (stored_on, source, row_id, fingerprints)
    values (${day}, ${source}, ${id}, ${packFingerprints([{ fingerprints }])})`;
}

async function addRefused(content: Buffer, events: number, to: number[]): Promise<void> {
  const body = await openContent(content, events);
  for (let index = 0; index < events; index++) addFingerprints(readRefused(body(index).body ?? ''), to);
}

/** The days that cannot be searched yet, the newest first: events that an earlier release has stored are not indexed. */
export async function unsearchedDays(db: Queries): Promise<readonly string[]> {
  const rows = await db.execute<{ day: string }>(sql`
    select distinct to_char(stored_on, 'YYYY-MM-DD') as day from index_backfill
    where caught_up_at is null and stored_on <= current_date order by day desc`);
  return rows.map(({ day }) => day);
}
