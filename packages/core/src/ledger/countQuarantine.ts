import { sql, type SQL } from 'drizzle-orm';
import type { Db, Queries } from '../admin/admin.js';
import { maxCounted } from '../admin/page.js';
import { withinTime } from '../admin/withinTime.js';
import { quarantineBatch } from '../db/schema.js';
import { isReleased, statesOf } from '../quarantine/state.js';
import { findPlaces } from './findPlaces.js';
import {
  alikeKinds,
  hashAlike,
  isOfKind,
  isOfRow,
  matching,
  rowMatches,
  type QuarantineFilter,
} from './quarantineFilter.js';
import { codeOf, type Place } from './quarantinePlace.js';

/** How many events each code has, purged ones included, the most frequent first. */
export async function countQuarantine({ db }: Db, filter: QuarantineFilter = {}) {
  if (filter.ids) return countPlaces(await findPlaces(db, filter, filter.ids.length));
  const counted = countedEvents(filter);
  const query = sql`
    select code, sum(rows * (${counted}))::float8 as events, sum(rows * released)::float8 as released,
      sum(rows * purged)::float8 as purged
    from ${alikeKinds(filter)} where ${isOfKind(filter) ?? sql`true`}
    group by code having sum(${counted}) > 0 order by 2 desc, 1`;
  const rows = await withinTime({ db }, async (tx) => {
    await tx.execute(hashAlike);
    return tx.execute<{ code: string; events: number; released: number; purged: number }>(query);
  });
  return rows.map(({ code, events: eventCount, released, purged }) => ({
    code,
    eventCount,
    releasedCount: filter.isReleased === false ? 0 : released,
    purgedCount: filter.isReleased === undefined ? purged : 0,
  }));
}

/** SQL: the events of a kind that are counted; purged ones too, unless the filter asks for others. */
export function countedEvents({ isReleased: onlyReleased }: QuarantineFilter): SQL {
  if (onlyReleased === undefined) return sql`total`;
  return onlyReleased ? sql`released` : sql`total - released - purged`;
}

/** How many events match, exactly. Reads a few numbers of each row. */
export async function countMatching(db: Queries, filter: QuarantineFilter): Promise<number> {
  if (filter.ids) return (await findPlaces(db, filter, filter.ids.length)).length;
  const [row] = await db.execute<{ n: number }>(
    sql`select coalesce(sum(${matching(filter)}), 0)::float8 as n from ${quarantineBatch} where ${isOfRow(filter) ?? sql`true`}`,
  );
  return row?.n ?? 0;
}

/** How many events match, up to `maxCounted + 1`. A row that is counted has at least one. */
export async function countEvents(db: Queries, filter: QuarantineFilter): Promise<number> {
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
