import { sql } from 'drizzle-orm';
import type { Queries } from '../admin/admin.js';
import { Outcome } from '../batch/outcome.js';
import { replayCancelled } from '../delivery/endCancelled.js';
import { discardedByte } from './replayFilter.js';

/** A stored batch without its content. */
export interface BatchHead {
  readonly storedOn: string;
  readonly id: string;
  readonly events: number;
  readonly storedAtMs: number;
}

/** Where a walk over the batches goes on: after this batch of this day. */
export interface BatchCursor {
  readonly day: string;
  readonly id: string;
}

/** Heads read at once: as many batches as one step can look at. */
const maxHeads = 500;
/** Their events: each takes a byte of outcomes for every delivery. */
const maxHeadEvents = 50_000;
/** Ids rise with the time of storage, but for statements that ran at the same time: none runs for so long. */
const skewMs = 10 * 60_000;

/** The batches after the cursor that were stored in this time, the oldest first; `next` is undefined after the last one. */
export async function nextHeads(
  db: Queries,
  { after, fromMs, untilMs }: { readonly after: BatchCursor; readonly fromMs: number; readonly untilMs: number },
): Promise<{ readonly heads: readonly BatchHead[]; readonly next: BatchCursor | undefined }> {
  const rows = await db.execute<{ id: string; events: number; storedAtMs: number }>(sql`
    select id, events, extract(epoch from stored_at)::float8 * 1000 as "storedAtMs" from batch
    where stored_on = ${after.day}::date and id > ${after.id}::bigint order by id limit ${maxHeads}`);
  const heads: BatchHead[] = [];
  let events = 0;
  for (const row of rows) {
    if (heads.length > 0 && events + row.events > maxHeadEvents) break;
    if (row.storedAtMs > untilMs + skewMs)
      return {
        heads: inTime(heads, fromMs, untilMs),
        next: await nextInTime(db, { day: after.day, id: row.id }, untilMs),
      };
    heads.push({ storedOn: after.day, ...row });
    events += row.events;
  }
  const last = heads.at(-1);
  const next = last ? { day: after.day, id: last.id } : await firstOfNextDay(db, after.day);
  return { heads: inTime(heads, fromMs, untilMs), next };
}

/**
 * Where to go on after a batch that was stored too late. Those after it were, too, unless the clock of the database was
 * ahead when it was stored; those of later days in any case.
 */
async function nextInTime(db: Queries, { day, id }: BatchCursor, untilMs: number): Promise<BatchCursor | undefined> {
  const [row] = await db.execute<{ before: string }>(sql`
    select (id - 1)::text as before from batch
    where stored_on = ${day}::date and id > ${id}::bigint and stored_at < to_timestamp(${untilMs}::float8 / 1000)
    order by id limit 1`);
  return row && { day, id: row.before };
}

function inTime(heads: readonly BatchHead[], fromMs: number, untilMs: number): readonly BatchHead[] {
  return heads.filter(({ storedAtMs }) => storedAtMs >= fromMs && storedAtMs < untilMs);
}

async function firstOfNextDay(db: Queries, day: string): Promise<BatchCursor | undefined> {
  const [row] = await db.execute<{ day: string | null }>(
    sql`select min(stored_on)::text as day from batch where stored_on > ${day}::date`,
  );
  return row?.day ? { day: row.day, id: '0' } : undefined;
}

/**
 * Before the first batch that was stored at this time or later, or a little earlier: found by bisection, because the ids
 * of a day rise with the time. Undefined when there is none.
 */
export async function cursorAt(db: Queries, fromMs: number): Promise<BatchCursor | undefined> {
  const wantedMs = fromMs - skewMs;
  const from = new Date(Math.max(0, wantedMs)).toISOString().slice(0, 10);
  const [first] = await db.execute<{ day: string | null }>(
    sql`select min(stored_on)::text as day from batch where stored_on >= ${from}::date`,
  );
  if (!first?.day) return undefined;
  const day = first.day;
  const [ids] = await db.execute<{ low: string; high: string }>(
    sql`select min(id)::text as low, max(id)::text as high from batch where stored_on = ${day}::date`,
  );
  let [low, high] = [BigInt(ids?.low ?? 0), BigInt(ids?.high ?? 0)];
  while (low < high) {
    const middle = (low + high) / 2n;
    const [row] = await db.execute<{ id: string; storedAtMs: number }>(sql`
      select id::text as id, extract(epoch from stored_at)::float8 * 1000 as "storedAtMs" from batch
      where stored_on = ${day}::date and id >= ${middle.toString()}::bigint order by id limit 1`);
    if (!row || row.storedAtMs >= wantedMs) high = middle;
    else low = BigInt(row.id) + 1n;
  }
  return { day, id: (low - 1n).toString() };
}

/** About how many batches follow the cursor until this time. */
export async function countBatches(db: Queries, after: BatchCursor, untilMs: number): Promise<number> {
  const until = new Date(untilMs).toISOString().slice(0, 10);
  const [row] = await db.execute<{ last: string | null }>(
    sql`select max(id)::text as last from batch where stored_on = (
      select max(stored_on) from batch where stored_on between ${after.day}::date and ${until}::date)`,
  );
  // An id of 0 stands before the first batch of a day.
  const [first] = await db.execute<{ id: string | null }>(sql`
    select min(id)::text as id from batch where stored_on = ${after.day}::date and id > ${after.id}::bigint`);
  if (!row?.last || !first?.id) return 0;
  return Math.max(0, Number(BigInt(row.last) - BigInt(first.id)) + 1);
}

/**
 * What became of each event of these batches of one day at a Current, by batch id: the byte of the newest delivery that
 * has the event, or `discardedByte`. A replay that was cancelled before it was sent counts for nothing. Batches without a
 * delivery are absent.
 */
export async function outcomesOf(
  db: Queries,
  currentId: number,
  heads: readonly BatchHead[],
): Promise<ReadonlyMap<string, Buffer>> {
  const [first, last] = [heads[0], heads.at(-1)];
  if (!first || !last) return new Map();
  // The bounds are for the index of batch ids.
  const rows = await db.execute<DeliveryBytes>(sql`
    select id::text as id, batch_id::text as "batchId", events, outcomes, array_position(skip_reasons, ${replayCancelled}) as cancelled
    from delivery
    where stored_on = ${first.storedOn}::date and current_id = ${currentId}
      and batch_id between ${first.id}::bigint and ${last.id}::bigint
    order by id`);
  const discarded = await discardedOf(db, currentId, { day: first.storedOn, from: first.id, to: last.id });
  const found = new Map<string, Buffer>();
  for (const { id, batchId, events, outcomes, cancelled } of rows) {
    let newest = found.get(batchId);
    if (!newest) found.set(batchId, (newest = Buffer.alloc(events, Outcome.unselected)));
    const cancelledByte = cancelled === null ? -1 : Outcome.skipped + cancelled - 1;
    for (let position = 0; position < events; position++) {
      const byte = outcomes ? (outcomes[position] as number) : Outcome.pending;
      if (byte !== Outcome.unselected && byte !== cancelledByte) newest[position] = byte;
    }
    for (const position of discarded.get(id) ?? []) newest[position] = discardedByte;
  }
  return found;
}

/** The positions of discarded dead letters that were not replayed, by the delivery in which they died. */
async function discardedOf(
  db: Queries,
  currentId: number,
  { day, from, to }: { readonly day: string; readonly from: string; readonly to: string },
): Promise<ReadonlyMap<string, readonly number[]>> {
  const rows = await db.execute<{ id: string; positions: readonly number[] }>(sql`
    select delivery_id::text as id, positions from dead_letter
    where stored_on = ${day}::date and current_id = ${currentId} and batch_id between ${from}::bigint and ${to}::bigint
      and discarded_at is not null and replayed_at is null`);
  const positions = new Map<string, readonly number[]>();
  for (const row of rows) positions.set(row.id, [...(positions.get(row.id) ?? []), ...row.positions]);
  return positions;
}

type DeliveryBytes = Record<string, unknown> & {
  readonly id: string;
  readonly batchId: string;
  readonly events: number;
  readonly outcomes: Buffer | null;
  /** The place of the reason in the list of the delivery, from 1. */
  readonly cancelled: number | null;
};

/** The contents of these batches of one day, by id; those that are gone are absent. */
export async function contentsOf(db: Queries, heads: readonly BatchHead[]): Promise<ReadonlyMap<string, Buffer>> {
  const [first] = heads;
  if (!first) return new Map();
  const ids = sql.join(
    heads.map(({ id }) => sql`${id}::bigint`),
    sql`, `,
  );
  const rows = await db.execute<{ id: string; content: Buffer }>(
    sql`select id::text as id, content from batch where stored_on = ${first.storedOn}::date and id in (${ids})`,
  );
  return new Map(rows.map(({ id, content }) => [id, content]));
}
