import type { CatalogueEvent } from '@currents/schema';
import { and, asc, desc, eq, inArray, sql } from 'drizzle-orm';
import { readableEvents } from '../batch/batch.js';
import { batch, current, deadLetter } from '../db/schema.js';
import type { Admin, Queries } from '../admin/admin.js';
import { readFieldRules } from '../fieldRules/fieldRule.js';
import { showFieldRules } from '../fieldRules/withFieldRules.js';
import { maxCounted, pageOf, readCursor, writeCursor, type Page, type PageRequest } from '../admin/page.js';
import { withinTime } from '../admin/withinTime.js';
import { datedId } from './datedId.js';
import { holdsPick, letterKey, matches, picksOf, type DeadLetterFilter } from './deadLetterFilter.js';

export type DeadLetter = ReturnType<typeof viewOf>;

type Source = Pick<Admin, 'db' | 'seal'>;
type Row = typeof deadLetter.$inferSelect;
type Place = { readonly row: Row; readonly position: number };

/** The newest first. What is added meanwhile appears on no later page, and shifts none. */
export async function listDeadLetters(
  admin: Source,
  request: PageRequest,
  filter: DeadLetterFilter = {},
): Promise<Page<DeadLetter>> {
  const { db } = admin;
  const [key, id, position] = readCursor(request, 3);
  const isAfter =
    key === undefined
      ? undefined
      : sql`(${letterKey} <= ${key}::bigint and (${letterKey} < ${key}::bigint or ${deadLetter.id} >= ${id}::bigint))`;
  const rows = await withinTime({ db }, (tx) => {
    const query = tx
      .select()
      .from(deadLetter)
      .where(and(matches(filter), isAfter))
      .orderBy(desc(letterKey), asc(deadLetter.id));
    // Of a row that holds a named event, the others are left out, so it may add none. Names are few.
    return filter.ids ? query : query.limit(request.first + 2);
  });
  const isNamed = namedBy(filter);
  // A row stands for all events of a delivery that died for one reason at one time.
  const places = rows
    .flatMap((row) => [...row.positions].sort((a, b) => a - b).map((at): Place => ({ row, position: at })))
    .filter((place) => (place.row.id !== id || place.position > Number(position)) && isNamed(place));
  const page = pageOf(
    places,
    request,
    (place) => writeCursor(keyOf(place.row), place.row.id, place.position),
    () => withinTime({ db }, (tx) => countLetters(tx, filter)),
  );
  const events = await readEvents(admin, page.nodes);
  return { ...page, nodes: page.nodes.map((place, index) => viewOf(place, events[index])) };
}

/** The dead letters with these ids, in order; undefined for each that does not exist. */
export async function findDeadLetters(
  admin: Source,
  ids: readonly string[],
): Promise<readonly (DeadLetter | undefined)[]> {
  const { db } = admin;
  const rows = await db
    .select()
    .from(deadLetter)
    .where(holdsPick(picksOf(ids)));
  const isNamed = namedBy({ ids });
  const places = rows.flatMap((row) => row.positions.map((position): Place => ({ row, position }))).filter(isNamed);
  const events = await readEvents(admin, places);
  const views = new Map(places.map((place, index) => [idOf(place), viewOf(place, events[index])]));
  return ids.map((id) => views.get(id));
}

/** How many dead letters match, up to `maxCounted + 1`. A row holds at least one. */
async function countLetters(db: Queries, filter: DeadLetterFilter): Promise<number> {
  if (filter.ids) {
    const rows = await db.select().from(deadLetter).where(matches(filter));
    const isNamed = namedBy(filter);
    return rows.flatMap((row) => row.positions.filter((position) => isNamed({ row, position }))).length;
  }
  const [row] = await db.execute<{ n: number }>(sql`
    select coalesce(sum(n), 0)::float8 as n from (
      select cardinality(${deadLetter.positions}) as n from ${deadLetter} where ${matches(filter) ?? sql`true`} limit ${maxCounted + 1}
    ) listed`);
  return row?.n ?? 0;
}

/** Tells which events of the rows are named by the ids; all are if there are none. */
function namedBy({ ids }: DeadLetterFilter): (place: Place) => boolean {
  if (!ids) return () => true;
  const named = new Set(ids);
  return (place) => named.has(idOf(place));
}

/** Reads each batch once, one after the other: a page may touch many. The events are as the Current's field rules leave them. */
async function readEvents(
  { db, seal }: Source,
  places: readonly Place[],
): Promise<readonly (CatalogueEvent | undefined)[]> {
  const events: (CatalogueEvent | undefined)[] = places.map(() => undefined);
  const keys = new Map(places.map(({ row }) => [row.batchId, row]));
  for (const { storedOn, batchId } of keys.values()) {
    const [found] = await db
      .select({ content: batch.content })
      .from(batch)
      .where(and(eq(batch.storedOn, storedOn), eq(batch.id, batchId)));
    if (!found) continue;
    const stored = await readableEvents(found.content);
    for (const [index, { row, position }] of places.entries())
      if (row.batchId === batchId) events[index] = stored[position];
  }
  const shown = await rulesOf({ db, seal }, new Set(places.map(({ row }) => row.currentId)));
  return events.map((event, index) => event && shown((places[index] as Place).row.currentId, event));
}

/** What the present field rules of Currents leave of an event; nothing when those cannot be read. */
async function rulesOf({ db, seal }: Source, currentIds: ReadonlySet<number>) {
  const rows =
    currentIds.size === 0
      ? []
      : await db
          .select({ id: current.id, fieldRules: current.fieldRules })
          .from(current)
          .where(inArray(current.id, [...currentIds]));
  const applied = new Map(
    rows.map(({ id, fieldRules }) => {
      const rules = readFieldRules(fieldRules);
      return [id, rules && showFieldRules(rules, seal)];
    }),
  );
  return (currentId: number, event: CatalogueEvent): CatalogueEvent | undefined => applied.get(currentId)?.(event);
}

/** An event that a Current could not deliver, and why. */
function viewOf({ row, position }: Place, event: CatalogueEvent | undefined) {
  return {
    id: idOf({ row, position }),
    currentId: String(row.currentId),
    /** As the field rules leave it; undefined when it cannot be read, or its day has passed the retention period in this moment. */
    event,
    eventType: event?.event_type ?? (row.eventType || undefined),
    outcome: row.outcome,
    code: row.code,
    detail: row.detail,
    attemptCount: row.attempts,
    recordedAt: row.recordedAt,
    replayedAt: row.replayedAt ?? undefined,
    discardedAt: row.discardedAt ?? undefined,
    discardReason: row.discardReason ?? undefined,
    /** The admin token. */
    discardedBy: row.discardedBy === null ? undefined : String(row.discardedBy),
  };
}

function keyOf({ splitFrom, id }: Pick<Row, 'splitFrom' | 'id'>): string {
  return splitFrom ?? id;
}

/** It names the day, the row as it was recorded, and the position in the batch, such as `20260131-12-0`. */
export function idOf({
  row,
  position,
}: {
  readonly row: Pick<Row, 'storedOn' | 'splitFrom' | 'id'>;
  readonly position: number;
}): string {
  return `${datedId({ storedOn: row.storedOn, id: keyOf(row) })}-${position}`;
}
