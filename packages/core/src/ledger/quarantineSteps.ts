import { and, asc, eq, gt, inArray, sql, type SQL } from 'drizzle-orm';
import { quarantineBatch } from '../db/schema.js';
import type { Queries } from '../admin/admin.js';
import { rowMatches, type QuarantineFilter } from './quarantineFilter.js';

export type QuarantineRow = typeof quarantineBatch.$inferSelect;

/** A row of the quarantine, as far as a walk through it has come. */
export interface RowKey {
  readonly storedOn: string;
  readonly id: string;
}

/** Rows of one step: most hold one event. */
const stepRows = 100;
/** Events and stored bytes of the rows of one step, unless its first row has more. */
const stepEvents = 5_000;
const stepBytes = 512 * 1024;

/** The oldest row after another that has an event that matches; undefined when there is none. */
export async function nextRow(
  db: Queries,
  filter: QuarantineFilter,
  after: RowKey | undefined,
): Promise<QuarantineRow | undefined> {
  return (await readRows(db, await readHeads(db, filter, after, 1)))[0];
}

/** The oldest rows after another that have one, as many of a day as make a step of bounded work; none at the end. */
export async function nextRows(
  db: Queries,
  filter: QuarantineFilter,
  after: RowKey | undefined,
): Promise<readonly QuarantineRow[]> {
  const heads = await readHeads(db, filter, after, stepRows);
  let [events, bytes] = [0, 0];
  const end = heads.findIndex((head, index) => {
    events += head.events;
    bytes += head.bytes;
    return index > 0 && (events > stepEvents || bytes > stepBytes || head.storedOn !== heads[0]?.storedOn);
  });
  return readRows(db, end < 0 ? heads : heads.slice(0, end));
}

/** Where a walk goes on after these rows. */
export function keyAfter(rows: readonly RowKey[]): RowKey | undefined {
  const last = rows.at(-1);
  return last && { storedOn: last.storedOn, id: last.id };
}

/** Changes rows of one day that no other transaction changes meanwhile. Leaves out those that have just been dropped. */
export async function changeRows(
  tx: Queries,
  keys: readonly RowKey[],
  change: (row: QuarantineRow) => Promise<Partial<QuarantineRow>>,
): Promise<void> {
  if (keys.length === 0) return;
  const rows = await rowsOf(tx, keys).for('update');
  // Sent one after the other without waiting for each answer.
  await Promise.all(
    rows.map(async (row) => {
      const isRow = and(eq(quarantineBatch.storedOn, row.storedOn), eq(quarantineBatch.id, row.id));
      await tx
        .update(quarantineBatch)
        .set(await change(row))
        .where(isRow);
    }),
  );
}

/** The keys and sizes of the next rows, a day's rest before the next day. */
async function readHeads(db: Queries, filter: QuarantineFilter, after: RowKey | undefined, limit: number) {
  const { storedOn, id, events, content } = quarantineBatch;
  const bytes = sql<number>`coalesce(octet_length(${content}), 0)`.mapWith(Number);
  const read = (where?: SQL) =>
    db
      .select({ storedOn, id, events, bytes })
      .from(quarantineBatch)
      .where(and(rowMatches(filter), where))
      .orderBy(asc(storedOn), asc(id))
      .limit(limit);
  if (!after) return read();
  // Comparing both at once, Postgres would sort all there is.
  const ofDay = await read(and(eq(storedOn, after.storedOn), gt(id, after.id)));
  return ofDay.length > 0 ? ofDay : read(gt(storedOn, after.storedOn));
}

async function readRows(db: Queries, keys: readonly RowKey[]): Promise<readonly QuarantineRow[]> {
  return keys.length === 0 ? [] : rowsOf(db, keys);
}

/** Rows of one day, in order, so that two that lock them take turns. */
function rowsOf(db: Queries, keys: readonly RowKey[]) {
  const { storedOn, id } = quarantineBatch;
  const [first] = keys as readonly [RowKey, ...RowKey[]];
  const ids = keys.map((key) => key.id);
  return db
    .select()
    .from(quarantineBatch)
    .where(and(eq(storedOn, first.storedOn), inArray(id, ids)))
    .orderBy(asc(id));
}
