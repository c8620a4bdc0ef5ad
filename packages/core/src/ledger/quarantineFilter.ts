import { and, eq, gte, lt, sql, type SQL } from 'drizzle-orm';
import { boundOf, isDay, QuestionRefused, rowId, storable } from '../admin/page.js';
import { quarantineBatch } from '../db/schema.js';
import { isReleased, QuarantineState, statesOf } from '../quarantine/state.js';
import { maxPicks } from './deadLetterFilter.js';
import { codeOf, idOf, typeOf, type QuarantineHead } from './quarantinePlace.js';

export interface QuarantineFilter {
  readonly code?: string | undefined;
  /** As the event says; empty: events whose type is not known, as of rows from before it was recorded. */
  readonly eventType?: string | undefined;
  /** The database key of the ingest token that it came with. */
  readonly tokenId?: string | undefined;
  /** Stored at or after. */
  readonly from?: Date | undefined;
  /** Stored before. */
  readonly to?: Date | undefined;
  /** Whether released ones, the others, or without it both. */
  readonly isReleased?: boolean | undefined;
  /** Up to `maxPicks`. */
  readonly ids?: readonly string[] | undefined;
}

/** The rows that have an event that matches; with ids, those that are named. */
export function rowMatches(filter: QuarantineFilter): SQL | undefined {
  return and(isOfRow(filter), hasIds(filter), sql`${matching(filter)} > 0`);
}

/** Tells which events of a row match, by their index. */
export function eventMatcher({ code, eventType, isReleased: onlyReleased, ids }: QuarantineFilter) {
  const named = ids && new Set(ids);
  return (row: QuarantineHead): ((index: number) => boolean) => {
    const states = statesOf(row);
    return (index) => {
      const state = states[index] ?? QuarantineState.purged;
      return (
        state !== QuarantineState.purged &&
        (onlyReleased === undefined || isReleased(state) === onlyReleased) &&
        (code === undefined || codeOf({ row, index }) === code) &&
        (eventType === undefined || (typeOf({ row, index }) ?? '') === eventType) &&
        (named?.has(idOf({ row, index })) ?? true)
      );
    };
  };
}

const { codes, eventTypes, eventCounts, releasedCounts, purgedCounts } = quarantineBatch;

interface Kind {
  readonly code: SQL;
  /** Empty if it is not known. */
  readonly eventType: SQL;
  readonly total: SQL;
  readonly released: SQL;
  readonly purged: SQL;
}

/** SQL: the counts of a row by kind, which is a code and an event type. */
const byKind = sql`unnest(${codes}, ${eventTypes}, ${eventCounts}, ${releasedCounts}, ${purgedCounts})
  by_kind (code, event_type, total, released, purged)`;
/** SQL: the columns of `by_kind`. */
const kindColumns: Kind = {
  code: sql`by_kind.code`,
  eventType: sql`coalesce(by_kind.event_type, '')`,
  total: sql`by_kind.total`,
  released: sql`by_kind.released`,
  purged: sql`by_kind.purged`,
};
/** SQL: the same of a row with one kind, as most have: to unnest them would cost ten times as much. */
const onlyKind: Kind = {
  code: sql`${codes}[1]`,
  eventType: sql`coalesce(${eventTypes}[1], '')`,
  total: sql`${eventCounts}[1]`,
  released: sql`${releasedCounts}[1]`,
  purged: sql`${purgedCounts}[1]`,
};

/**
 * SQL: `by_kind` of the rows that a filter is about, with the number of `rows` that have the same counts, when they were
 * stored, and the newest of them. Most rows hold one event, so that many are counted as one.
 */
export function alikeKinds(filter: QuarantineFilter): SQL {
  const { storedOn, storedAt, id } = quarantineBatch;
  const newest = sql`max((${storedOn} - date '2000-01-01')::bigint * ${idsOfDay}::bigint + ${id})`;
  return sql`(
    select ${codes}, ${eventTypes}, ${eventCounts}, ${releasedCounts}, ${purgedCounts}, count(*) as rows,
      min(${storedAt}) as first_at, max(${storedAt}) as last_at, ${newest} as newest
    from ${quarantineBatch} where ${isOfRow(filter) ?? sql`true`} group by 1, 2, 3, 4, 5
    ) alike, unnest(codes, event_types, event_counts, released_counts, purged_counts)
      by_kind (code, event_type, total, released, purged)`;
}

/**
 * SQL: to be run before a statement with `alikeKinds`, in its transaction. Few rows differ, but Postgres expects many until
 * it has analysed a flood, and would sort them all.
 */
export const hashAlike = sql`set local enable_sort = off`;

/** More than a sequence gives. */
const idsOfDay = 2 ** 44;

/** SQL: the day of a row that `alikeKinds` says is the newest, and its id. */
export const newestKey = {
  day: (newest: SQL) => sql`to_char(date '2000-01-01' + (${newest} / ${idsOfDay}::bigint)::int, 'YYYY-MM-DD')`,
  id: (newest: SQL) => sql`(${newest} % ${idsOfDay}::bigint)::text`,
};

/** How many events of a row match, whatever their ids. */
export function matching({ isReleased: onlyReleased, ...kind }: QuarantineFilter): SQL {
  const isReleasedOnly = { isReleased: onlyReleased };
  const ofOnly = isOfKind(kind, onlyKind);
  const only = listedEvents(isReleasedOnly, onlyKind);
  return sql`(case when cardinality(${codes}) = 1 then ${ofOnly ? sql`case when ${ofOnly} then ${only} else 0 end` : only}
    else (select coalesce(sum(${listedEvents(isReleasedOnly)}), 0) from ${byKind} where ${isOfKind(kind) ?? sql`true`}) end)`;
}

/** SQL: the events of a kind that are listed: not the purged ones. */
export function listedEvents({ isReleased: onlyReleased }: QuarantineFilter, of: Kind = kindColumns): SQL {
  const { total, released, purged } = of;
  if (onlyReleased === undefined) return sql`(${total} - ${purged})`;
  return onlyReleased ? released : sql`(${total} - ${released} - ${purged})`;
}

export function isOfKind({ code, eventType }: QuarantineFilter, of: Kind = kindColumns): SQL | undefined {
  return and(
    code === undefined ? undefined : sql`${of.code} = ${storable(code)}`,
    eventType === undefined ? undefined : sql`${of.eventType} = ${storable(eventType)}`,
  );
}

/** What a filter asks of a row as a whole: its time and its token. */
export function isOfRow({ tokenId, from, to }: QuarantineFilter): SQL | undefined {
  return and(
    tokenId === undefined ? undefined : eq(quarantineBatch.tokenId, rowId(tokenId) ?? 0),
    from === undefined
      ? undefined
      : and(gte(quarantineBatch.storedAt, boundOf(from)), gte(quarantineBatch.storedOn, dayOf(boundOf(from)))),
    to === undefined ? undefined : lt(quarantineBatch.storedAt, boundOf(to)),
  );
}

/** An id names the day, the row and the index of the event in it, such as `20260131-12-0`. */
function hasIds({ ids }: QuarantineFilter): SQL | undefined {
  if (!ids) return undefined;
  if (ids.length > maxPicks) throw new QuestionRefused(`ids: expected up to ${maxPicks} ids, got ${ids.length}`);
  const keys = new Set<string>();
  for (const id of ids) {
    const [, year, month, date, key] = /^(\d{4})(\d\d)(\d\d)-(\d{1,18})-\d{1,9}$/.exec(id) ?? [];
    if (key !== undefined && isDay(`${year}-${month}-${date}`)) keys.add(`${year}-${month}-${date} ${key}`);
  }
  if (keys.size === 0) return sql`false`;
  const rows = [...keys].map((each) => each.split(' ')).map(([day, key]) => sql`(${day}::date, ${key}::bigint)`);
  return sql`(${quarantineBatch.storedOn}, ${quarantineBatch.id}) in (${sql.join(rows, sql`, `)})`;
}

/** The partition that holds it, in UTC as the database counts. A row may be stored a moment after its day was taken. */
function dayOf(instant: Date): string {
  return new Date(instant.getTime() - 86_400_000).toISOString().slice(0, 10);
}
