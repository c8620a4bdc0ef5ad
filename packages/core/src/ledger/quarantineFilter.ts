import { and, eq, gte, lt, sql, type SQL } from 'drizzle-orm';
import { boundOf, isDay, rowId } from '../admin/page.js';
import { quarantineBatch } from '../db/schema.js';
import { isReleased, QuarantineState, statesOf } from '../quarantine/state.js';
import { codeOf, idOf, type QuarantineHead } from './quarantinePlace.js';

export interface QuarantineFilter {
  readonly code?: string | undefined;
  /** The database key of the ingest token that it came with. */
  readonly tokenId?: string | undefined;
  /** Stored at or after. */
  readonly from?: Date | undefined;
  /** Stored before. */
  readonly to?: Date | undefined;
  /** Whether released ones, the others, or without it both. */
  readonly isReleased?: boolean | undefined;
  readonly ids?: readonly string[] | undefined;
}

/** The rows that have an event that matches; with ids, those that are named. */
export function rowMatches(filter: QuarantineFilter): SQL | undefined {
  return and(isOfRow(filter), hasIds(filter), sql`${matching(filter)} > 0`);
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

/** SQL: the counts of a row by code. */
export const byCode = sql`unnest(${quarantineBatch.codes}, ${quarantineBatch.eventCounts}, ${quarantineBatch.releasedCounts}, ${quarantineBatch.purgedCounts}) by_code (code, total, released, purged)`;

/** How many events of a row match, whatever their ids. */
export function matching({ code, isReleased: onlyReleased }: QuarantineFilter): SQL {
  const events =
    onlyReleased === undefined ? sql`total - purged` : onlyReleased ? sql`released` : sql`total - released - purged`;
  return sql`(select coalesce(sum(${events}), 0) from ${byCode} where ${hasCode({ code }) ?? sql`true`})`;
}

export function hasCode({ code }: QuarantineFilter): SQL | undefined {
  return code === undefined ? undefined : sql`by_code.code = ${code.replaceAll('\0', '\uFFFD')}`;
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
