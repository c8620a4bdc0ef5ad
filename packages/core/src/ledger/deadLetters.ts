import type { CatalogueEvent } from '@currents/schema';
import { and, asc, desc, eq, gte, lt, lte, sql, type SQL } from 'drizzle-orm';
import { readableEvents } from '../batch/batch.js';
import { batch, deadLetter, type DeadOutcome } from '../db/schema.js';
import type { Db, Queries } from '../admin/admin.js';
import {
  boundOf,
  maxCounted,
  pageOf,
  readCursor,
  rowId,
  writeCursor,
  type Page,
  type PageRequest,
} from '../admin/page.js';
import { withinTime } from '../admin/withinTime.js';
import { datedId, hasDatedId, isSet } from './datedId.js';

export type DeadLetter = ReturnType<typeof viewOf>;

export interface DeadLetterFilter {
  readonly currentId?: string | undefined;
  readonly outcome?: DeadOutcome | undefined;
  readonly code?: string | undefined;
  /** Recorded at or after. */
  readonly from?: Date | undefined;
  /** Recorded before. */
  readonly to?: Date | undefined;
  /** Whether replayed ones, the others, or without it both. */
  readonly isReplayed?: boolean | undefined;
}

type Row = typeof deadLetter.$inferSelect;
type Place = { readonly row: Row; readonly position: number };

/** The newest first. What is added meanwhile appears on no later page, and shifts none. */
export async function listDeadLetters(
  { db }: Db,
  request: PageRequest,
  filter: DeadLetterFilter = {},
): Promise<Page<DeadLetter>> {
  const [id, position] = readCursor(request, 2);
  const rows = await withinTime({ db }, (tx) =>
    tx
      .select()
      .from(deadLetter)
      .where(and(matches(filter), id === undefined ? undefined : lte(deadLetter.id, id)))
      .orderBy(desc(deadLetter.id))
      .limit(request.first + 2),
  );
  // A row stands for all events of a delivery that died for one reason at one time.
  const places = rows
    .flatMap((row) => [...row.positions].sort((a, b) => a - b).map((at): Place => ({ row, position: at })))
    .filter((place) => place.row.id !== id || place.position > Number(position));
  const page = pageOf(
    places,
    request,
    (place) => writeCursor(place.row.id, place.position),
    () => withinTime({ db }, (tx) => countLetters(tx, filter)),
  );
  const events = await readEvents(db, page.nodes);
  return { ...page, nodes: page.nodes.map((place, index) => viewOf(place, events[index])) };
}

/** The dead letters with these ids, in order; undefined for each that does not exist. */
export async function findDeadLetters(
  { db }: Db,
  ids: readonly string[],
): Promise<readonly (DeadLetter | undefined)[]> {
  const rowIds = new Set(ids.map((id) => id.replace(/-\d{1,9}$/, '')));
  const rows = await db
    .select()
    .from(deadLetter)
    .where(hasDatedId(deadLetter, [...rowIds]));
  const wanted = new Set(ids);
  const places = rows
    .flatMap((row) => row.positions.map((position): Place => ({ row, position })))
    .filter((place) => wanted.has(idOf(place)));
  const events = await readEvents(db, places);
  const views = places.map((place, index) => viewOf(place, events[index]));
  return ids.map((id) => views.find((view) => view.id === id));
}

/** How many dead letters match, up to `maxCounted + 1`. A row holds at least one. */
async function countLetters(db: Queries, filter: DeadLetterFilter): Promise<number> {
  const [row] = await db.execute<{ n: number }>(sql`
    select coalesce(sum(n), 0)::float8 as n from (
      select cardinality(${deadLetter.positions}) as n from ${deadLetter} where ${matches(filter) ?? sql`true`} limit ${maxCounted + 1}
    ) listed`);
  return row?.n ?? 0;
}

/** How many events each code has, the most frequent first. */
export async function countDeadLetters({ db }: Db, filter: DeadLetterFilter = {}) {
  const events = sql<number>`sum(cardinality(${deadLetter.positions}))`.mapWith(Number);
  const positions = sql`coalesce(sum(cardinality(${deadLetter.positions})) filter (where ${deadLetter.replayedAt} is not null), 0)`;
  const replayed = positions.mapWith(Number);
  return withinTime({ db }, (tx) =>
    tx
      .select({ outcome: deadLetter.outcome, code: deadLetter.code, eventCount: events, replayedCount: replayed })
      .from(deadLetter)
      .where(matches(filter))
      .groupBy(deadLetter.outcome, deadLetter.code)
      .orderBy(desc(events), asc(deadLetter.outcome), asc(deadLetter.code)),
  );
}

export function matches({ currentId, outcome, code, from, to, isReplayed }: DeadLetterFilter): SQL | undefined {
  return and(
    currentId === undefined ? undefined : eq(deadLetter.currentId, rowId(currentId) ?? 0),
    outcome === undefined ? undefined : eq(deadLetter.outcome, outcome),
    code === undefined ? undefined : eq(deadLetter.code, code.replaceAll('\0', '\uFFFD')),
    from === undefined ? undefined : gte(deadLetter.recordedAt, boundOf(from)),
    to === undefined ? undefined : lt(deadLetter.recordedAt, boundOf(to)),
    isSet(deadLetter.replayedAt, isReplayed),
  );
}

/** Reads each batch once, one after the other: a page may touch many. */
async function readEvents(db: Db['db'], places: readonly Place[]): Promise<readonly (CatalogueEvent | undefined)[]> {
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
  return events;
}

/** An event that a Current could not deliver, and why. */
function viewOf({ row, position }: Place, event: CatalogueEvent | undefined) {
  return {
    id: idOf({ row, position }),
    currentId: String(row.currentId),
    /** As it is stored; undefined when it cannot be read, or its day has passed the retention period in this moment. */
    event,
    outcome: row.outcome,
    code: row.code,
    detail: row.detail,
    attemptCount: row.attempts,
    recordedAt: row.recordedAt,
    replayedAt: row.replayedAt ?? undefined,
  };
}

function idOf({ row, position }: Place): string {
  return `${datedId(row)}-${position}`;
}
