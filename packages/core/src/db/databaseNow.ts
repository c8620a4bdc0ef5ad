import { sql } from 'drizzle-orm';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';

/** The time of the database, by which rows are stored, rounded up to milliseconds. */
export async function databaseNow(db: Pick<PostgresJsDatabase, 'execute'>): Promise<string> {
  const [row] = await db.execute<{ ms: number }>(sql`select extract(epoch from clock_timestamp()) * 1000 as ms`);
  return new Date(Math.ceil(Number(row?.ms))).toISOString();
}
