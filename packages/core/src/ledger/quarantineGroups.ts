import { and, inArray, sql } from 'drizzle-orm';
import type { Db, Queries } from '../admin/admin.js';
import { withinTime } from '../admin/withinTime.js';
import { quarantineBatch } from '../db/schema.js';
import { isReleased, statesOf } from '../quarantine/state.js';
import { countedEvents } from './countQuarantine.js';
import { maxPicks } from './deadLetterFilter.js';
import { maxGroups } from './deadLetterGroups.js';
import { findPlaces, headColumns } from './findPlaces.js';
import { readPlaces, type QuarantinedEvent } from './quarantine.js';
import {
  alikeKinds,
  eventMatcher,
  hashAlike,
  isOfKind,
  listedEvents,
  newestKey,
  type QuarantineFilter,
} from './quarantineFilter.js';
import { codeOf, typeOf, type Place, type QuarantineHead } from './quarantinePlace.js';

export interface QuarantineGroup {
  readonly code: string;
  /** Undefined of events that say none, and of those from before it was recorded. */
  readonly eventType: string | undefined;
  /** Purged events included. */
  readonly eventCount: number;
  readonly releasedCount: number;
  readonly purgedCount: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
  /** One of the newest; undefined if all are purged, or the bodies of the examples of larger groups are long. */
  readonly example: QuarantinedEvent | undefined;
}

/** The quarantined events by code and event type: the `maxGroups` largest groups. With ids, only the named events count. */
export async function groupQuarantine({ db }: Db, filter: QuarantineFilter = {}): Promise<readonly QuarantineGroup[]> {
  const groups = await withinTime({ db }, (tx) => (filter.ids ? groupNamed(tx, filter) : groupAll(tx, filter)));
  const newest = groups.flatMap((group) => group.newest ?? []);
  const examples = await readPlaces(db, newest);
  return groups.map(({ newest: place, ...group }) => ({
    ...group,
    example: place && examples[newest.indexOf(place)],
  }));
}

type FoundGroup = Omit<QuarantineGroup, 'example'> & { readonly newest: Place | undefined };

async function groupAll(tx: Queries, filter: QuarantineFilter): Promise<readonly FoundGroup[]> {
  const counted = countedEvents(filter);
  const newest = sql`max(newest) filter (where ${listedEvents(filter)} > 0)`;
  await tx.execute(hashAlike);
  const rows = await tx.execute<GroupRow>(sql`
    select code, coalesce(event_type, '') as type, sum(rows * (${counted}))::float8 as "eventCount",
      sum(rows * released)::float8 as released, sum(rows * purged)::float8 as purged,
      min(first_at) as "firstAt", max(last_at) as "lastAt",
      ${newestKey.day(newest)} as day, ${newestKey.id(newest)} as id
    from ${alikeKinds(filter)} where ${and(isOfKind(filter), sql`${counted} > 0`)}
    group by 1, 2 order by 3 desc, 1, 2 limit ${maxGroups}`);
  const heads = await readHeads(tx, rows);
  return rows.map(({ code, type, eventCount, released, purged, firstAt, lastAt, day, id }) => {
    const kind = { code, eventType: type || undefined };
    const row = heads.get(`${day} ${id}`);
    return {
      ...kind,
      eventCount,
      releasedCount: filter.isReleased === false ? 0 : released,
      purgedCount: filter.isReleased === undefined ? purged : 0,
      firstAt: new Date(firstAt),
      lastAt: new Date(lastAt),
      newest: row && lastOf(row, filter, kind),
    };
  });
}

type GroupRow = Record<string, unknown> & {
  readonly code: string;
  readonly type: string;
  readonly eventCount: number;
  readonly released: number;
  readonly purged: number;
  readonly firstAt: string | Date;
  readonly lastAt: string | Date;
  /** Of the newest row that has one; null when all are purged. */
  readonly day: string | null;
  readonly id: string | null;
};

interface Kind {
  readonly code: string;
  readonly eventType: string | undefined;
}

async function readHeads(tx: Queries, groups: readonly GroupRow[]): Promise<ReadonlyMap<string, QuarantineHead>> {
  const keys = groups.flatMap(({ day, id }) => (day !== null && id !== null ? [{ day, id }] : []));
  if (keys.length === 0) return new Map();
  const { storedOn, id } = quarantineBatch;
  const isOfDay = inArray(storedOn, [...new Set(keys.map(({ day }) => day))]);
  const ids = keys.map((key) => key.id);
  const rows = await tx
    .select(headColumns)
    .from(quarantineBatch)
    .where(and(isOfDay, inArray(id, ids)));
  return new Map(rows.map((row) => [`${row.storedOn} ${row.id}`, row]));
}

/** The last event of a row that is of this kind and matches. */
function lastOf(row: QuarantineHead, filter: QuarantineFilter, kind: Kind): Place | undefined {
  const isMatch = eventMatcher(filter)(row);
  for (let index = row.events - 1; index >= 0; index--) {
    const place = { row, index };
    if (isMatch(index) && codeOf(place) === kind.code && typeOf(place) === kind.eventType) return place;
  }
  return undefined;
}

async function groupNamed(tx: Queries, filter: QuarantineFilter): Promise<readonly FoundGroup[]> {
  const groups = new Map<string, FoundGroup>();
  // The newest first.
  for (const place of await findPlaces(tx, filter, maxPicks)) {
    const kind = { code: codeOf(place), eventType: typeOf(place) };
    const { storedAt } = place.row;
    const key = `${kind.code} ${kind.eventType ?? ''}`;
    const known = groups.get(key);
    const released = isReleased(statesOf(place.row)[place.index] ?? 0) ? 1 : 0;
    groups.set(key, {
      ...kind,
      eventCount: (known?.eventCount ?? 0) + 1,
      releasedCount: (known?.releasedCount ?? 0) + released,
      purgedCount: 0,
      firstAt: storedAt,
      lastAt: known?.lastAt ?? storedAt,
      newest: known?.newest ?? place,
    });
  }
  return [...groups.values()].sort((a, b) => b.eventCount - a.eventCount).slice(0, maxGroups);
}
