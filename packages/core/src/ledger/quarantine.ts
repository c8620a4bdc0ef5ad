import { and, asc, count, desc, eq, gte, inArray, isNotNull, isNull, lt, type SQL } from 'drizzle-orm';
import { quarantine } from '../db/schema.js';
import type { Admin } from '../admin/admin.js';
import {
  boundOf,
  checkDay,
  checkFirst,
  pageOf,
  readCursor,
  withNodes,
  writeCursor,
  type Page,
  type PageRequest,
} from '../admin/page.js';

/** An event that the catalogue refused, as it came. */
export interface QuarantinedEvent {
  readonly id: string;
  readonly storedAt: Date;
  /** The ingest token that it came with. */
  readonly tokenId: string;
  /** Its place in the request, from 0. */
  readonly position: number;
  readonly code: string;
  readonly detail: string;
  /** The event's text; of a line that is not JSON, the line. */
  readonly body: string;
  readonly releasedAt: Date | undefined;
}

export interface QuarantineFilter {
  readonly code?: string | undefined;
  /** Stored at or after. */
  readonly from?: Date | undefined;
  /** Stored before. */
  readonly to?: Date | undefined;
  /** Whether released ones, the others, or without it both. */
  readonly released?: boolean | undefined;
  readonly ids?: readonly string[] | undefined;
}

export interface QuarantineCount {
  readonly code: string;
  readonly events: number;
  /** Of these, how many were released. */
  readonly released: number;
}

type Row = typeof quarantine.$inferSelect;

/** The newest first. What is added meanwhile appears on no later page, and shifts none. */
export async function listQuarantine(
  { db }: Pick<Admin, 'db'>,
  { first, after }: PageRequest,
  filter: QuarantineFilter = {},
): Promise<Page<QuarantinedEvent>> {
  checkFirst(first);
  const [day, id] = readCursor(after, 2) ?? [];
  const rows = await readOlder(
    db,
    filter,
    first + 1,
    day === undefined || id === undefined ? undefined : { day: dashed(day), id },
  );
  const page = pageOf(rows, { first, after }, (row) => writeCursor(row.storedOn.replaceAll('-', ''), row.id));
  return withNodes(page, page.nodes.map(viewOf));
}

/** The rest of the day first, then the days before: comparing both at once, Postgres would sort all there is. */
async function readOlder(
  db: Admin['db'],
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
export async function countQuarantine(
  { db }: Pick<Admin, 'db'>,
  filter: QuarantineFilter = {},
): Promise<readonly QuarantineCount[]> {
  const events = count();
  return db
    .select({ code: quarantine.code, events, released: count(quarantine.releasedAt) })
    .from(quarantine)
    .where(matches(filter))
    .groupBy(quarantine.code)
    .orderBy(desc(events), asc(quarantine.code));
}

export function matches({ code, from, to, released, ids }: QuarantineFilter): SQL | undefined {
  return and(
    code === undefined ? undefined : eq(quarantine.code, code.replaceAll('\0', '\uFFFD')),
    from === undefined
      ? undefined
      : and(gte(quarantine.storedAt, boundOf(from)), gte(quarantine.storedOn, dayOf(boundOf(from)))),
    to === undefined ? undefined : lt(quarantine.storedAt, boundOf(to)),
    released === undefined ? undefined : released ? isNotNull(quarantine.releasedAt) : isNull(quarantine.releasedAt),
    ids === undefined
      ? undefined
      : inArray(
          quarantine.id,
          ids.filter((id) => /^\d{1,18}$/.test(id)),
        ),
  );
}

/** The partition that holds it, in UTC as the database counts. A row may be stored a moment after its day was taken. */
function dayOf(instant: Date): string {
  return new Date(instant.getTime() - 86_400_000).toISOString().slice(0, 10);
}

function viewOf({ id, storedAt, tokenId, position, code, detail, body, releasedAt }: Row): QuarantinedEvent {
  return { id, storedAt, tokenId: String(tokenId), position, code, detail, body, releasedAt: releasedAt ?? undefined };
}
