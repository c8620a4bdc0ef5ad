import { sql } from 'drizzle-orm';
import type { Queries } from '../admin/admin.js';
import { boundOf } from '../admin/page.js';

interface Times {
  /** Stored at or after. */
  readonly from?: Date | undefined;
  /** Stored before. */
  readonly to?: Date | undefined;
}

/** The days that are stored, the newest first. Reads no rows. A row may be stored a moment after its day was taken. */
export async function storedDays(db: Queries, { from, to }: Times): Promise<readonly string[]> {
  const rows = await db.execute<{ day: string }>(sql`
    select to_char(to_date(right(c.relname, 8), 'YYYYMMDD'), 'YYYY-MM-DD') as day
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'batch'::regclass and to_date(right(c.relname, 8), 'YYYYMMDD') <= current_date
    order by day desc`);
  const dayOf = (instant: Date, shiftMs: number): string =>
    new Date(boundOf(instant).getTime() + shiftMs).toISOString().slice(0, 10);
  const first = from && dayOf(from, -86_400_000);
  const last = to && dayOf(to, 0);
  return rows
    .map(({ day }) => day)
    .filter((day) => (first === undefined || day >= first) && (last === undefined || day <= last));
}
