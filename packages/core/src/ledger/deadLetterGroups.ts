import { and, asc, desc, eq, inArray, sql } from 'drizzle-orm';
import type { Admin, Db } from '../admin/admin.js';
import { rowId } from '../admin/page.js';
import { withinTime } from '../admin/withinTime.js';
import { current, deadLetter } from '../db/schema.js';
import { findDeadLetters, idOf, type DeadLetter } from './deadLetters.js';
import { isOpen, matches, picksOf, pickRows, type DeadLetterFilter } from './deadLetterFilter.js';
import { isChangeable } from './discardDeadLetters.js';
import { verdictOf, type DeadLetterVerdict } from './deadLetterVerdict.js';

/** Groups that one query returns, the largest first. */
export const maxGroups = 200;

const { replayedAt, discardedAt } = deadLetter;

function countsOf(filter: DeadLetterFilter) {
  const sumOf = (condition: ReturnType<typeof sql>) =>
    sql<number>`coalesce(sum(${sizeOf(filter)}) filter (where ${condition}), 0)`.mapWith(Number);
  return {
    eventCount: sql<number>`sum(${sizeOf(filter)})`.mapWith(Number),
    replayedCount: sumOf(sql`${replayedAt} is not null`),
    discardedCount: sumOf(sql`${replayedAt} is null and ${discardedAt} is not null`),
  };
}

/** How many events each code has, the most frequent first. */
export async function countDeadLetters({ db }: Db, filter: DeadLetterFilter = {}) {
  const counts = countsOf(filter);
  return withinTime({ db }, (tx) =>
    tx
      .select({ outcome: deadLetter.outcome, code: deadLetter.code, ...counts })
      .from(deadLetter)
      .where(matches(filter))
      .groupBy(deadLetter.outcome, deadLetter.code)
      .orderBy(desc(counts.eventCount), asc(deadLetter.outcome), asc(deadLetter.code)),
  );
}

export interface DeadLetterGroup {
  readonly outcome: DeadLetter['outcome'];
  readonly code: string;
  /** Undefined of events that cannot be read, or have not been read yet. */
  readonly eventType: string | undefined;
  readonly eventCount: number;
  readonly replayedCount: number;
  readonly discardedCount: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
  readonly verdict: DeadLetterVerdict;
  /** One of the newest; undefined if its day has just been dropped. */
  readonly example: DeadLetter | undefined;
}

/** The dead letters of a Current by outcome, code and event type: the `maxGroups` largest groups. */
export async function groupDeadLetters(
  admin: Pick<Admin, 'db' | 'connectors' | 'seal'>,
  filter: DeadLetterFilter & { readonly currentId: string },
): Promise<readonly DeadLetterGroup[]> {
  const type = sql<string>`coalesce(${deadLetter.eventType}, '')`;
  const counts = countsOf(filter);
  const newest = sql<string>`max(${deadLetter.id})`;
  const rows = await withinTime(admin, (tx) =>
    tx
      .select({
        outcome: deadLetter.outcome,
        code: deadLetter.code,
        type,
        ...counts,
        firstAt: sql`min(${deadLetter.recordedAt})`.mapWith(deadLetter.recordedAt),
        lastAt: sql`max(${deadLetter.recordedAt})`.mapWith(deadLetter.recordedAt),
        newest,
      })
      .from(deadLetter)
      .where(matches(filter))
      .groupBy(deadLetter.outcome, deadLetter.code, type)
      .orderBy(desc(counts.eventCount), asc(deadLetter.outcome), asc(deadLetter.code), asc(type))
      .limit(maxGroups),
  );
  const connector = await connectorOf(admin, filter.currentId);
  const examples = await readExamples(
    admin,
    filter,
    rows.map((row) => row.newest),
  );
  return rows.map(({ type: eventType, newest: id, ...row }) => ({
    ...row,
    eventType: eventType || undefined,
    verdict: verdictOf(connector, row),
    example: examples.get(id),
  }));
}

/** One dead letter of each of these rows, by the id of the row. */
async function readExamples(
  admin: Pick<Admin, 'db' | 'seal'>,
  { currentId, ids }: DeadLetterFilter & { readonly currentId: string },
  rowIds: readonly string[],
): Promise<ReadonlyMap<string, DeadLetter | undefined>> {
  if (rowIds.length === 0) return new Map();
  const rows = await admin.db
    .select()
    .from(deadLetter)
    .where(and(eq(deadLetter.currentId, rowId(currentId) ?? 0), inArray(deadLetter.id, [...rowIds])));
  const named = ids && new Set(ids);
  const examples = rows.flatMap((row) => {
    const some = row.positions.map((position) => idOf({ row, position }));
    const id = named ? some.find((each) => named.has(each)) : some[0];
    return id === undefined ? [] : [{ row, id }];
  });
  const letters = await findDeadLetters(
    admin,
    examples.map(({ id }) => id),
  );
  return new Map(examples.map(({ row }, index) => [row.id, letters[index]]));
}

/** How many events match that can be replayed, and how many of them would end the same. */
export async function countReplayable(
  { db, connectors }: Pick<Admin, 'db' | 'connectors'>,
  { currentId, ...filter }: DeadLetterFilter & { readonly currentId: string },
) {
  const rows = await db
    .select({ outcome: deadLetter.outcome, code: deadLetter.code, events: namedCount(filter) })
    .from(deadLetter)
    .where(and(matches({ ...filter, currentId }), isOpen(filter)))
    .groupBy(deadLetter.outcome, deadLetter.code);
  const connector = await connectorOf({ db, connectors }, currentId);
  const sum = (some: typeof rows): number => some.reduce((total, row) => total + row.events, 0);
  const permanent = rows.filter((row) => verdictOf(connector, row) === 'permanent');
  return { eventCount: sum(rows), permanentCount: sum(permanent) };
}

/** How many events match that can be discarded or restored. */
export async function countDiscardable(
  { db }: Db,
  currentId: string,
  { isDiscarded: _ignored, ...filter }: DeadLetterFilter,
  change: Parameters<typeof isChangeable>[0],
): Promise<number> {
  const [row] = await db
    .select({ events: namedCount(filter) })
    .from(deadLetter)
    .where(and(matches({ ...filter, currentId }), isChangeable(change)));
  return row?.events ?? 0;
}

/** SQL: how many events the rows have; with ids, those that are named. */
function namedCount(filter: DeadLetterFilter) {
  return sql<number>`coalesce(sum(${sizeOf(filter)}), 0)`.mapWith(Number);
}

/** SQL: how many events a row has; with ids, those that are named. */
function sizeOf({ ids }: DeadLetterFilter) {
  return ids ? sql`(select count(*) ${pickedOf(ids)})` : sql`cardinality(${deadLetter.positions})`;
}

/** SQL: the picks that a row holds. Drizzle names no table among selected fields. */
function pickedOf(ids: readonly string[]) {
  return sql`from ${pickRows(picksOf(ids))} picked where picked.stored_on = dead_letter.stored_on
    and picked.key = coalesce(dead_letter.split_from, dead_letter.id) and picked.position = any(dead_letter.positions)`;
}

async function connectorOf({ db, connectors }: Pick<Admin, 'db' | 'connectors'>, currentId: string) {
  const [row] = await db
    .select({ destination: current.destination })
    .from(current)
    .where(eq(current.id, rowId(currentId) ?? 0));
  return row && connectors.get(row.destination);
}
