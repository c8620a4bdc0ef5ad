import { sql, type SQL } from 'drizzle-orm';
import type { Admin } from '../admin/admin.js';
import { databaseTime } from '../admin/databaseTime.js';
import { boundOf, QuestionRefused, rowId, storable } from '../admin/page.js';
import { withinTime } from '../admin/withinTime.js';

export type IngestDimension = 'token' | 'event_type' | 'hour';

export interface IngestCountsFilter {
  readonly tokenId?: string | undefined;
  /** '' is that of events which name no type of the catalogue. */
  readonly eventType?: string | undefined;
  /** The hour of this time and later ones; by default the 24 hours before `to`. */
  readonly from?: Date | undefined;
  /** The hours before this time, its own included; by default now. */
  readonly to?: Date | undefined;
}

export type IngestCounts = Awaited<ReturnType<typeof countIngest>>[number];

/** Rows of an answer; a query that finds more is refused. */
export const maxCountRows = 1_000;
const hourMs = 3_600_000;
const defaultHours = 24;

/** What came in by time, not yet merged into hours: also what commits counted in the last minute. */
export const receivedRows = (from: SQL, to: SQL): SQL => sql`
  select hour as at, token_id, event_type, accepted, quarantined, repeated, released
  from ingest_count where hour >= ${from} and hour < ${to}
  union all
  ${recentRows(from, to)}`;

/** What commits counted, and no worker has added to the counts by hour and minute yet. */
export const recentRows = (from: SQL, to: SQL): SQL => sql`
  select stored_at, (r->>0)::int, r->>1, (r->>2)::bigint, (r->>3)::bigint, (r->>4)::bigint, (r->>5)::bigint
  from count_entry, json_array_elements(counts->'received') r where stored_at >= ${from} and stored_at < ${to}`;

export const instantOf = (ms: number): SQL => sql`${new Date(ms).toISOString()}::timestamptz`;

/**
 * Events that came in, summed by the given dimensions: received = accepted + quarantined + repeated. Exact up to the
 * moment of the query. Rows without events are left out; the earliest hour first, then by token and type.
 */
export async function countIngest(
  { db }: Pick<Admin, 'db'>,
  { tokenId, eventType, from, to }: IngestCountsFilter,
  by: readonly IngestDimension[],
) {
  const untilMs = Math.ceil(+boundOf(to ?? (await databaseTime({ db }))) / hourMs) * hourMs;
  const sinceMs = from ? Math.floor(+boundOf(from) / hourMs) * hourMs : untilMs - defaultHours * hourMs;
  if (sinceMs >= untilMs) throw new QuestionRefused('from: expected a time before to, got a later one');
  const chosen = [
    ...(tokenId === undefined ? [] : [sql`token_id = ${rowId(tokenId) ?? 0}`]),
    ...(eventType === undefined ? [] : [sql`event_type = ${storable(eventType)}`]),
  ];
  const key = (dimension: IngestDimension, column: SQL): SQL => (by.includes(dimension) ? column : sql`null`);
  const rows = await withinTime({ db }, (tx) =>
    tx.execute<{ hour: number | null; token: number | null; type: string | null } & Record<Received, number>>(sql`
      select ${key('hour', sql`extract(epoch from date_trunc('hour', at))::float8 * 1000`)} as hour,
        ${key('token', sql`token_id`)} as token, ${key('event_type', sql`event_type`)} as type,
        sum(accepted)::float8 as accepted, sum(quarantined)::float8 as quarantined,
        sum(repeated)::float8 as repeated, sum(released)::float8 as released
      from (${receivedRows(instantOf(sinceMs), instantOf(untilMs))}) received
      ${chosen.length > 0 ? sql`where ${sql.join(chosen, sql` and `)}` : sql``}
      group by 1, 2, 3 order by 1, 2, 3 limit ${maxCountRows + 1}`),
  );
  if (rows.length > maxCountRows)
    throw new QuestionRefused(
      `expected counts of at most ${maxCountRows} rows, got more; restrict them by from and to, or group by less`,
    );
  return rows.map(({ hour, token, type, accepted, quarantined, repeated, released }) => ({
    /** When the hour begins. */
    at: hour === null ? undefined : new Date(hour),
    tokenId: token === null ? undefined : String(token),
    /** Undefined, too, for events that name no type of the catalogue. */
    eventType: type === null || type === '' ? undefined : type,
    received: accepted + quarantined + repeated,
    accepted,
    quarantined,
    repeated,
    released,
  }));
}

type Received = 'accepted' | 'quarantined' | 'repeated' | 'released';

/** Since when events are counted by hour: the start of the first release that did. */
export async function countedSince({ db }: Pick<Admin, 'db'>): Promise<Date> {
  const [row] = await db.execute<{ ms: number }>(
    sql`select extract(epoch from counted_since)::float8 * 1000 as ms from count_state`,
  );
  return new Date(row?.ms ?? 0);
}
