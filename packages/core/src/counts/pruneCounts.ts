import type { Sql } from '../db/connect.js';

/** How long counts by minute are kept; those by hour are kept for the retention. */
export const minuteHours = 48;

/** Deletes counts past their time. */
export async function pruneCounts(sql: Sql, retentionDays: number): Promise<void> {
  const minutes = sql`now() - ${minuteHours}::int * interval '1 hour'`;
  const hours = sql`now() - ${retentionDays}::int * interval '1 day'`;
  await sql`delete from ingest_minute where minute < ${minutes}`;
  await sql`delete from ingest_count where hour < ${hours}`;
  for (const table of ['current_count', 'latency_count']) {
    // Of each Current, because the primary keys begin with it.
    for (const [resolution, before] of [['minute', minutes] as const, ['hour', hours] as const]) {
      await sql`
        delete from ${sql(table)} t using current c
        where t.current_id = c.id and t.resolution = ${resolution}::text and t.at < ${before}`;
    }
  }
  await sql`
    delete from tally_sample where day < (
      select coalesce(min(to_date(right(p.relname, 8), 'YYYYMMDD')), current_date) - 7
      from pg_inherits i join pg_class p on p.oid = i.inhrelid where i.inhparent = 'delivery'::regclass)`;
}
