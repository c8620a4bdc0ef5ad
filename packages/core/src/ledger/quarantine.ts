import { refusalCodes } from '@currents/schema';
import { and, desc, eq, getTableColumns, gte, inArray, lt, lte, sql, type SQL } from 'drizzle-orm';
import { quarantineBatch } from '../db/schema.js';
import type { Db, Queries } from '../admin/admin.js';
import {
  boundOf,
  checkDay,
  isDay,
  maxCounted,
  pageOf,
  QuestionRefused,
  readCursor,
  writeCursor,
  type Page,
  type PageRequest,
} from '../admin/page.js';
import { withinTime } from '../admin/withinTime.js';
import { QuarantineUnreadable, unpackContent, type KeptEvent } from '../quarantine/content.js';
import { isReleased, QuarantineState, releasedAt, statesOf } from '../quarantine/state.js';
import { datedId } from './datedId.js';

export type QuarantinedEvent = ReturnType<typeof viewOf>;

/**
 * What is there of an event's body: all of it, the beginning of an event that is longer than the catalogue accepts,
 * nothing because the quarantine was full when it came, or nothing because the stored bytes cannot be read.
 */
export type QuarantinedBodyState = 'kept' | 'cut' | 'over_budget' | 'unreadable';

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

const { content, ...headColumns } = getTableColumns(quarantineBatch);

/** A row without its content. */
export type QuarantineHead = Omit<typeof quarantineBatch.$inferSelect, 'content'>;
type Place = { readonly row: QuarantineHead; readonly index: number };

/** Characters of the bodies that are read at once, unless a single event has more. */
const maxCharacters = 8 * 1024 * 1024;

/**
 * The newest first, without purged ones. What is added meanwhile appears on no later page, and shifts none. A page is
 * shorter than asked for when its bodies are large.
 */
export async function listQuarantine(
  { db }: Db,
  request: PageRequest,
  filter: QuarantineFilter = {},
): Promise<Page<QuarantinedEvent>> {
  const [day, id, index] = readCursor(request, 3);
  const after = day === undefined || id === undefined ? undefined : { day: dashed(day), id, index: Number(index) };
  const places = await withinTime({ db }, (tx) => findPlaces(tx, filter, request.first + 1, after));
  const bodies = await readBodies(db, places.slice(0, request.first));
  const page = pageOf(
    places,
    { ...request, first: Math.max(1, bodies.length) },
    ({ row, index: at }) => writeCursor(row.storedOn.replaceAll('-', ''), row.id, at),
    () => withinTime({ db }, (tx) => countEvents(tx, filter)),
  );
  return { ...page, nodes: page.nodes.map((place, at) => viewOf(place, bodies[at])) };
}

/** The quarantined events with these ids, in order; undefined for each that does not exist or is purged. */
export async function findQuarantinedEvents(
  { db }: Db,
  ids: readonly string[],
): Promise<readonly (QuarantinedEvent | undefined)[]> {
  const places = await findPlaces(db, { ids }, ids.length);
  const bodies = await readBodies(db, places);
  if (bodies.length < places.length)
    throw new QuestionRefused(`ids: expected events with at most ${maxCharacters} characters, got more; ask for fewer`);
  const views = new Map(places.map((place, index) => [idOf(place), viewOf(place, bodies[index])]));
  return ids.map((id) => views.get(id));
}

/** How many events each code has, purged ones included, the most frequent first. */
export async function countQuarantine({ db }: Db, filter: QuarantineFilter = {}) {
  if (filter.ids) return countPlaces(await findPlaces(db, filter, filter.ids.length));
  const totals = { true: sql`released`, false: sql`total - released - purged`, undefined: sql`total` };
  const counted = totals[`${filter.isReleased}`];
  const query = sql`
    select code, sum(${counted})::float8 as events, sum(released)::float8 as released, sum(purged)::float8 as purged
    from ${quarantineBatch}, ${byCode} where ${and(isInTime(filter), hasCode(filter)) ?? sql`true`}
    group by code having sum(${counted}) > 0 order by 2 desc, 1`;
  const rows = await withinTime({ db }, (tx) =>
    tx.execute<{ code: string; events: number; released: number; purged: number }>(query),
  );
  return rows.map(({ code, events: eventCount, released, purged }) => ({
    code,
    eventCount,
    releasedCount: filter.isReleased === false ? 0 : released,
    purgedCount: filter.isReleased === undefined ? purged : 0,
  }));
}

/** How many events match, exactly. Reads a few numbers of each row. */
export async function countMatching(db: Queries, filter: QuarantineFilter): Promise<number> {
  if (filter.ids) return filter.ids.length;
  const [row] = await db.execute<{ n: number }>(
    sql`select coalesce(sum(${matching(filter)}), 0)::float8 as n from ${quarantineBatch} where ${isInTime(filter) ?? sql`true`}`,
  );
  return row?.n ?? 0;
}

/** The rows that have an event that matches; with ids, those that are named. */
export function rowMatches(filter: QuarantineFilter): SQL | undefined {
  return and(isInTime(filter), hasIds(filter), sql`${matching(filter)} > 0`);
}

/** Tells which events of a row match, by their index. */
export function eventMatcher({ code, isReleased: onlyReleased, ids }: QuarantineFilter) {
  const named = ids && new Set(ids);
  return (row: QuarantineHead): ((index: number) => boolean) => {
    const states = statesOf(row);
    return (index) => {
      const state = states[index] ?? QuarantineState.purged;
      return (
        state !== QuarantineState.purged &&
        (onlyReleased === undefined || isReleased(state) === onlyReleased) &&
        (code === undefined || codeOf({ row, index }) === code) &&
        (named?.has(idOf({ row, index })) ?? true)
      );
    };
  };
}

const byCode = sql`unnest(${quarantineBatch.codes}, ${quarantineBatch.eventCounts}, ${quarantineBatch.releasedCounts}, ${quarantineBatch.purgedCounts}) by_code (code, total, released, purged)`;

/** How many events of a row match, whatever their ids. */
function matching({ code, isReleased: onlyReleased }: QuarantineFilter): SQL {
  const events =
    onlyReleased === undefined ? sql`total - purged` : onlyReleased ? sql`released` : sql`total - released - purged`;
  return sql`(select coalesce(sum(${events}), 0) from ${byCode} where ${hasCode({ code }) ?? sql`true`})`;
}

function hasCode({ code }: QuarantineFilter): SQL | undefined {
  return code === undefined ? undefined : sql`by_code.code = ${code.replaceAll('\0', '\uFFFD')}`;
}

function isInTime({ from, to }: QuarantineFilter): SQL | undefined {
  return and(
    from === undefined
      ? undefined
      : and(gte(quarantineBatch.storedAt, boundOf(from)), gte(quarantineBatch.storedOn, dayOf(boundOf(from)))),
    to === undefined ? undefined : lt(quarantineBatch.storedAt, boundOf(to)),
  );
}

/** An id names the day, the row and the index of the event in it, such as `20260131-12-0`. */
function hasIds({ ids }: QuarantineFilter): SQL | undefined {
  if (!ids) return undefined;
  const keys = new Set<string>();
  for (const id of ids) {
    const [, year, month, date, key] = /^(\d{4})(\d\d)(\d\d)-(\d{1,18})-\d{1,9}$/.exec(id) ?? [];
    if (key !== undefined && isDay(`${year}-${month}-${date}`)) keys.add(`${year}-${month}-${date} ${key}`);
  }
  if (keys.size === 0) return sql`false`;
  const rows = [...keys].map((each) => each.split(' ')).map(([day, key]) => sql`(${day}::date, ${key}::bigint)`);
  return sql`(${quarantineBatch.storedOn}, ${quarantineBatch.id}) in (${sql.join(rows, sql`, `)})`;
}

interface Cursor {
  readonly day: string;
  readonly id: string;
  /** Events of the row before this index follow. */
  readonly index: number;
}

/** The newest events that match, of a row the last first. */
async function findPlaces(
  db: Queries,
  filter: QuarantineFilter,
  wanted: number,
  after?: Cursor,
): Promise<readonly Place[]> {
  const places: Place[] = [];
  const matches = eventMatcher(filter);
  for (let from = after; places.length < wanted;) {
    const rows = await readHeads(db, filter, wanted - places.length, from);
    for (const row of rows) {
      const isMatch = matches(row);
      const isFirst = row.id === from?.id && row.storedOn === from.day;
      for (let index = (isFirst ? Math.min(from?.index ?? 0, row.events) : row.events) - 1; index >= 0; index--)
        if (isMatch(index) && places.push({ row, index }) === wanted) return places;
    }
    const last = rows.at(-1);
    if (!last) break;
    from = { day: last.storedOn, id: last.id, index: 0 };
  }
  return places;
}

const maxHeads = 200;
/** Each event takes six bytes of its row beside the content. */
const maxHeadEvents = 50_000;

/** The next rows that have an event that matches, at least one: no more than are needed. */
async function readHeads(
  db: Queries,
  filter: QuarantineFilter,
  wanted: number,
  from: Cursor | undefined,
): Promise<readonly QuarantineHead[]> {
  const keys = await readKeys(db, filter, Math.min(wanted, maxHeads), from);
  let [matched, events, taken] = [0, 0, 0];
  for (const key of keys) {
    if (taken > 0 && (matched >= wanted || events + key.events > maxHeadEvents)) break;
    taken++;
    events += key.events;
    // Of the row of the cursor, some are passed; which ones are named, only the row itself tells.
    if (!filter.ids && key.id !== from?.id) matched += key.matched;
  }
  if (taken === 0) return [];
  const wantedKeys = keys.slice(0, taken);
  return db
    .select(headColumns)
    .from(quarantineBatch)
    .where(
      and(
        inArray(quarantineBatch.storedOn, [...new Set(wantedKeys.map(({ storedOn }) => storedOn))]),
        inArray(
          quarantineBatch.id,
          wantedKeys.map(({ id }) => id),
        ),
      ),
    )
    .orderBy(desc(quarantineBatch.storedOn), desc(quarantineBatch.id));
}

/** The rest of the day first, then the days before: comparing both at once, Postgres would sort all there is. */
async function readKeys(db: Queries, filter: QuarantineFilter, limit: number, from: Cursor | undefined) {
  const { storedOn, id, events } = quarantineBatch;
  const read = (where: SQL | undefined, most: number) =>
    db
      .select({ storedOn, id, events, matched: sql<number>`${matching(filter)}`.mapWith(Number) })
      .from(quarantineBatch)
      .where(and(rowMatches(filter), where))
      .orderBy(desc(storedOn), desc(id))
      .limit(most);
  if (!from) return read(undefined, limit);
  const ofDay = await read(and(eq(storedOn, from.day), from.index > 0 ? lte(id, from.id) : lt(id, from.id)), limit);
  return ofDay.length === limit ? ofDay : [...ofDay, ...(await read(lt(storedOn, from.day), limit - ofDay.length))];
}

type Body = Partial<KeptEvent> & { readonly state: QuarantinedBodyState };

/** The bodies of the first places, as many as may be read at once: of at least one. Each content is read once. */
async function readBodies(db: Queries, places: readonly Place[]): Promise<readonly Body[]> {
  const bodies: Body[] = [];
  let characters = 0;
  let opened: { readonly row: QuarantineHead; readonly body: (index: number) => Body } | undefined;
  for (const { row, index } of places) {
    if (opened?.row !== row) opened = { row, body: await openRow(db, row) };
    const body = opened.body(index);
    characters += body.body?.length ?? 0;
    if (bodies.length > 0 && characters > maxCharacters) break;
    bodies.push(body);
  }
  return bodies;
}

async function openRow(db: Queries, { storedOn, id, events }: QuarantineHead): Promise<(index: number) => Body> {
  const [row] = await db
    .select({ content })
    .from(quarantineBatch)
    .where(and(eq(quarantineBatch.storedOn, storedOn), eq(quarantineBatch.id, id)));
  return openContent(row?.content ?? null, events);
}

/** Reads a content; never rejects because of what is in it. */
export async function openContent(packed: Buffer | null, events: number): Promise<(index: number) => Body> {
  if (!packed) return () => ({ state: 'over_budget' });
  try {
    const kept = await unpackContent(packed, events);
    return (index) => ({ ...kept[index], state: kept[index]?.isCut ? 'cut' : 'kept' });
  } catch (error) {
    if (!(error instanceof QuarantineUnreadable)) throw error;
    return () => ({ state: 'unreadable' });
  }
}

/** `20260131` as a day; a cursor that somebody made up names a day all the same. */
function dashed(digits: string): string {
  const day = digits.replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3');
  checkDay('after', day);
  return day;
}

/** The partition that holds it, in UTC as the database counts. A row may be stored a moment after its day was taken. */
function dayOf(instant: Date): string {
  return new Date(instant.getTime() - 86_400_000).toISOString().slice(0, 10);
}

/** How many events match, up to `maxCounted + 1`. A row that is counted has at least one. */
async function countEvents(db: Queries, filter: QuarantineFilter): Promise<number> {
  if (filter.ids) return (await findPlaces(db, filter, filter.ids.length)).length;
  const [row] = await db.execute<{ n: number }>(sql`
    select coalesce(sum(n), 0)::float8 as n from (
      select ${matching(filter)} as n from ${quarantineBatch} where ${rowMatches(filter)} limit ${maxCounted + 1}
    ) listed`);
  return row?.n ?? 0;
}

function countPlaces(places: readonly Place[]) {
  const counts = new Map<string, { code: string; eventCount: number; releasedCount: number; purgedCount: number }>();
  for (const place of places) {
    const code = codeOf(place);
    const count = counts.get(code) ?? { code, eventCount: 0, releasedCount: 0, purgedCount: 0 };
    count.eventCount++;
    if (isReleased(statesOf(place.row)[place.index] ?? 0)) count.releasedCount++;
    counts.set(code, count);
  }
  return [...counts.values()].sort((a, b) => b.eventCount - a.eventCount || (a.code < b.code ? -1 : 1));
}

export function codeOf({ row, index }: Place): string {
  return row.codes[row.codeIndexes[index] ?? 0] ?? '';
}

function idOf({ row, index }: Place): string {
  return `${datedId(row)}-${index}`;
}

/** An event that the catalogue refused, as it came. */
function viewOf({ row, index }: Place, body: Body | undefined) {
  const code = codeOf({ row, index });
  return {
    id: idOf({ row, index }),
    storedAt: row.storedAt,
    /** The ingest token that it came with. */
    tokenId: String(row.tokenId),
    /** Its place in the request, from 0. */
    position: row.positions.readUInt32BE(index * 4),
    code,
    /** About the event itself; where nothing of it was kept, what the code means. */
    detail: body?.detail ?? (refusalCodes as Readonly<Record<string, string>>)[code] ?? code,
    /** The event's text; of a line that is not JSON, the line. */
    body: body?.body,
    bodyState: body?.state ?? 'unreadable',
    releasedAt: releasedAt(row, statesOf(row)[index] ?? 0),
  };
}
