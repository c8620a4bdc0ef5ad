import { sql } from 'drizzle-orm';
import { clockColumn } from '../db/databaseClock.js';
import type { Admin } from './admin.js';

/** The time by Postgres, which wrote what a query asks for: the clock of this process may be minutes off. */
export async function databaseTime({ db }: Pick<Admin, 'db'>): Promise<Date> {
  const [row] = await db.execute<{ ms: number }>(sql`select ${sql.raw(clockColumn)} as ms`);
  return new Date((row as { ms: number }).ms);
}
