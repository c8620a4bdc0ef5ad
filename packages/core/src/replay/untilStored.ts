import { sql } from 'drizzle-orm';
import type { Queries } from '../admin/admin.js';

/**
 * The transactions that are storing batches at this moment. A statement locks its tables before it takes its snapshot, so
 * one that does not know yet what was committed before this call is among them.
 */
export async function storingTransactions(db: Queries): Promise<readonly string[]> {
  const rows = await db.execute<{ id: string }>(sql`
    select virtualtransaction as id from pg_locks
    where locktype = 'relation' and relation = 'batch'::regclass and mode = 'RowExclusiveLock' and granted
      and database = (select oid from pg_database where datname = current_database())`);
  return [...new Set(rows.map(({ id }) => id))];
}
