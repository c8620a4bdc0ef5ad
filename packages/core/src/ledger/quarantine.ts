import { and, asc, count, desc, eq, gte, lt, type SQL } from 'drizzle-orm';
import { quarantine } from '../db/schema.js';
import type { Db } from '../admin/admin.js';
import {
  boundOf,
  checkDay,
  countRows,
  pageOf,
  readCursor,
  writeCursor,
  type Page,
  type PageRequest,
} from '../admin/page.js';
import { datedId, hasDatedId, isSet } from './datedId.js';

export type QuarantinedEvent = ReturnType<typeof viewOf>;

export interface QuarantineFilter {
  readonly code?: string | undefined;
  /** Stored at or after. */
  readonly from?: Date | undefined;
  /** Stored before. */
  readonly to?: Date | undefined;
  /** Whether released ones, the others, or without it both. */
  readonly isReleased?: boolean | undefined;
  readonly ids?: readonly string[] | undefined;
}

type Row = typeof quarantine.$inferSelect;

/** The newest first. What is added meanwhile appears on no later page, and shifts none. */
export async function listQuarantine(
  { db }: Db,
  request: PageRequest,
  filter: QuarantineFilter = {},
): Promise<Page<QuarantinedEvent>> {
  const [day, id] = readCursor(request, 2);
  const rows = await readOlder(
    db,
    filter,
    request.first + 1,
    day === undefined || id === undefined ? undefined : { day: dashed(day), id },
  );
  const page = pageOf(
    rows,
    request,
    (row) => writeCursor(row.storedOn.replaceAll('-', ''), row.id),
    () => countRows({ db }, db.select().from(quarantine).where(matches(filter))),
  );
  return { ...page, nodes: page.nodes.map(viewOf) };
}

/** The rest of the day first, then the days before: comparing both at once, Postgres would sort all there is. */
async function readOlder(
  db: Db['db'],
  filter: QuarantineFilter,
  limit: number,
  place: { readonly day: string; readonly id: string } | undefined,
): Promise<readonly Row[]> {
  const read = (where: SQL | undefined, most: number): Promise<Row[]> =>
    db
      .select()
      .from(quarantine)
      .where(and(matches(filter), where))
      .orderBy(desc(quarantine.storedOn), desc(quarantine.id))
      .limit(most);
  if (!place) return read(undefined, limit);
  const ofDay = await read(and(eq(quarantine.storedOn, place.day), lt(quarantine.id, place.id)), limit);
  return ofDay.length === limit
    ? ofDay
    : [...ofDay, ...(await read(lt(quarantine.storedOn, place.day), limit - ofDay.length))];
}

/** `20260131` as a day; a cursor that somebody made up names a day all the same. */
function dashed(digits: string): string {
  const day = digits.replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3');
  checkDay('after', day);
  return day;
}

/** How many events each code has, the most frequent first. */
export async function countQuarantine({ db }: Db, filter: QuarantineFilter = {}) {
  const events = count();
  return db
    .select({ code: quarantine.code, eventCount: events, releasedCount: count(quarantine.releasedAt) })
    .from(quarantine)
    .where(matches(filter))
    .groupBy(quarantine.code)
    .orderBy(desc(events), asc(quarantine.code));
}

export function matches({ code, from, to, isReleased, ids }: QuarantineFilter): SQL | undefined {
  return and(
    code === undefined ? undefined : eq(quarantine.code, code.replaceAll('\0', '\uFFFD')),
    from === undefined
      ? undefined
      : and(gte(quarantine.storedAt, boundOf(from)), gte(quarantine.storedOn, dayOf(boundOf(from)))),
    to === undefined ? undefined : lt(quarantine.storedAt, boundOf(to)),
    isSet(quarantine.releasedAt, isReleased),
    ids === undefined ? undefined : hasDatedId(quarantine, ids),
  );
}

/** The quarantined events with these ids, in order; undefined for each that does not exist. */
export async function findQuarantinedEvents(
  { db }: Db,
  ids: readonly string[],
): Promise<readonly (QuarantinedEvent | undefined)[]> {
  const views = (await db.select().from(quarantine).where(hasDatedId(quarantine, ids))).map(viewOf);
  return ids.map((id) => views.find((view) => view.id === id));
}

/** The partition that holds it, in UTC as the database counts. A row may be stored a moment after its day was taken. */
function dayOf(instant: Date): string {
  return new Date(instant.getTime() - 86_400_000).toISOString().slice(0, 10);
}

/** An event that the catalogue refused, as it came. */
function viewOf({ id, storedOn, storedAt, tokenId, position, code, detail, body, releasedAt }: Row) {
  return {
    id: datedId({ storedOn, id }),
    storedAt,
    /** The ingest token that it came with. */
    tokenId: String(tokenId),
    /** Its place in the request, from 0. */
    position,
    code,
    detail,
    /** The event's text; of a line that is not JSON, the line. */
    body,
    releasedAt: releasedAt ?? undefined,
  };
}
