import { sql, type SQL } from 'drizzle-orm';
import type { Queries } from '../admin/admin.js';
import { boundOf, rowId, storable } from '../admin/page.js';
import { Outcome } from '../batch/outcome.js';

export interface SkipFilter {
  readonly currentId: string;
  /** A code, such as `duplicate`. */
  readonly reason?: string | undefined;
  /** Stored at or after. */
  readonly from?: Date | undefined;
  /** Stored before. */
  readonly to?: Date | undefined;
}

/** A delivery that skipped events. */
export interface SkipRow {
  readonly storedOn: string;
  readonly id: string;
  readonly currentId: number;
  readonly batchId: string;
  /** When its events were stored; a replay has them later. */
  readonly storedAt: Date;
  readonly outcomes: Buffer;
  readonly skipReasons: readonly string[];
}

/** Where a walk goes on: the events of this delivery before this position follow, then earlier deliveries. */
export interface SkipCursor {
  readonly day: string;
  readonly id: string;
  readonly position: number;
}

/** Deliveries of all Currents that one step looks at. */
const maxScanned = 5_000;
/** Those of the Current that it returns, and their events: each takes a byte of outcomes. */
const maxRows = 200;
const maxEvents = 200_000;
/** Above the ids of all deliveries. */
const endOfDay = '999999999999999999';

/** Before the newest delivery of the last day that the filter allows; undefined when there is none. */
export function firstSkipCursor(db: Queries, { from, to }: SkipFilter): Promise<SkipCursor | undefined> {
  return lastDay(db, sql`stored_on <= ${dayOf(boundOf(to ?? new Date(8.64e15)))}::date`, from);
}

/** The next deliveries that skipped events, the newest first; there may be none in a step. `next` is undefined at the end. */
export async function nextSkips(
  db: Queries,
  filter: SkipFilter,
  { day, id, position }: SkipCursor,
): Promise<{ readonly rows: readonly SkipRow[]; readonly next: SkipCursor | undefined }> {
  const top = sql`d.stored_on = ${day}::date and d.id ${position > 0 ? sql`<=` : sql`<`} ${id}::bigint`;
  const [scanned] = await db.execute<{ low: string | null }>(sql`
    select min(id)::text as low from (
      select d.id from delivery d where ${top} order by d.id desc limit ${maxScanned}) scanned`);
  if (!scanned?.low) return { rows: [], next: await lastDay(db, sql`stored_on < ${day}::date`, filter.from) };
  const rows = await readRows(db, sql`${top} and d.id >= ${scanned.low}::bigint`, filter);
  const isFull = rows.length === maxRows || sumOf(rows) >= maxEvents;
  const low = (isFull && rows.at(-1)?.id) || scanned.low;
  return { rows, next: { day, id: low, position: 0 } };
}

/** The deliveries with these days and ids, as far as they skipped events. */
export async function findSkips(
  db: Queries,
  keys: readonly { readonly storedOn: string; readonly key: string }[],
): Promise<readonly SkipRow[]> {
  if (keys.length === 0) return [];
  const named = keys.map(({ storedOn, key }) => sql`(${storedOn}::date, ${key}::bigint)`);
  return readRows(db, sql`(d.stored_on, d.id) in (${sql.join(named, sql`, `)})`, {});
}

/** The positions of the events that a delivery skipped, for this reason or for any; the last one first. */
export function skippedPositions({ outcomes, skipReasons }: SkipRow, reason: string | undefined): readonly number[] {
  const positions: number[] = [];
  for (let position = outcomes.length - 1; position >= 0; position--) {
    const index = (outcomes[position] as number) - Outcome.skipped;
    if (index >= 0 && (reason === undefined || skipReasons[index] === reason)) positions.push(position);
  }
  return positions;
}

/** The code for which a delivery skipped the event at a position; undefined when it did not. */
export function reasonAt({ outcomes, skipReasons }: SkipRow, position: number): string | undefined {
  return skipReasons[(outcomes[position] ?? 0) - Outcome.skipped];
}

async function readRows(
  db: Queries,
  where: SQL,
  { currentId, reason, from, to }: Partial<SkipFilter>,
): Promise<readonly SkipRow[]> {
  const conditions = [where, sql`d.skip_reasons is not null`];
  if (currentId !== undefined) conditions.push(sql`d.current_id = ${rowId(currentId) ?? 0}`);
  if (reason !== undefined) conditions.push(sql`${storable(reason)} = any(d.skip_reasons)`);
  const storedAt = sql`coalesce(b.stored_at, d.stored_at)`;
  if (from) conditions.push(sql`${storedAt} >= ${boundOf(from).toISOString()}::timestamptz`);
  if (to) conditions.push(sql`${storedAt} < ${boundOf(to).toISOString()}::timestamptz`);
  const rows = await db.execute<Omit<SkipRow, 'storedAt'> & { storedAtMs: number } & Record<string, unknown>>(sql`
    select "storedOn", id, "currentId", "batchId", "storedAtMs", outcomes, "skipReasons" from (
      select d.stored_on::text as "storedOn", d.id::text as id, d.current_id as "currentId", d.batch_id::text as "batchId",
        extract(epoch from ${storedAt})::float8 * 1000 as "storedAtMs", d.outcomes, d.skip_reasons as "skipReasons",
        d.id as key, d.stored_on as day, sum(d.events) over (order by d.stored_on desc, d.id desc) - d.events as before
      from delivery d left join batch b on b.stored_on = d.stored_on and b.id = d.batch_id
      where ${sql.join(conditions, sql` and `)}
      order by d.stored_on desc, d.id desc limit ${maxRows}) skipping
    where before < ${maxEvents} order by day desc, key desc`);
  return rows.map(({ storedAtMs, ...row }) => ({ ...row, storedAt: new Date(storedAtMs) }));
}

async function lastDay(db: Queries, until: SQL, from: Date | undefined): Promise<SkipCursor | undefined> {
  const [row] = await db.execute<{ day: string | null }>(sql`
    select max(stored_on)::text as day from delivery
    where ${until} and stored_on >= ${dayOf(boundOf(from ?? new Date(0)))}::date`);
  return row?.day ? { day: row.day, id: endOfDay, position: 0 } : undefined;
}

const sumOf = (rows: readonly SkipRow[]): number => rows.reduce((sum, { outcomes }) => sum + outcomes.length, 0);

const dayOf = (instant: Date): string => instant.toISOString().slice(0, 10);
