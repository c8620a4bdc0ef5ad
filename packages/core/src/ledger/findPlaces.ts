import { and, desc, eq, getTableColumns, inArray, lt, lte, sql, type SQL } from 'drizzle-orm';
import type { Queries } from '../admin/admin.js';
import { quarantineBatch } from '../db/schema.js';
import { eventMatcher, matching, rowMatches, type QuarantineFilter } from './quarantineFilter.js';
import type { Place, QuarantineHead } from './quarantinePlace.js';

const { content: _content, ...columns } = getTableColumns(quarantineBatch);

/** All but the content. */
export const headColumns = columns;

interface Cursor {
  readonly day: string;
  readonly id: string;
  /** Events of the row before this index follow. */
  readonly index: number;
}

/** The newest events that match, of a row the last first. */
export async function findPlaces(
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
