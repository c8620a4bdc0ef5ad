import { sql } from 'drizzle-orm';
import type { Queries } from '../admin/admin.js';

/** The days that a partitioned table has, ascending. */
export async function partitionDays(db: Queries, table: string): Promise<readonly string[]> {
  const rows = await db.execute<{ day: string }>(sql`
    select to_char(to_date(right(c.relname, 8), 'YYYYMMDD'), 'YYYY-MM-DD') as day
    from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = ${table}::regclass order by 1`);
  return rows.map(({ day }) => day);
}
