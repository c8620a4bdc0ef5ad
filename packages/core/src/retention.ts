import type { Logger } from 'pino';
import type { Sql } from './db/connect.js';
import { forgetPassedBudgets } from './budget/postgresBudgets.js';
import { daysAhead } from './db/migrate.js';

const parents = ['batch', 'delivery', 'dead_letter', 'quarantine', 'request'] as const;

/**
 * Makes the partitions of the coming days, and drops those older than the retention, unless events of that day are
 * still pending: nothing is forgotten that has not reached its outcome.
 */
export async function keepHouse({ sql, log, retentionDays }: { readonly sql: Sql; readonly log: Logger; readonly retentionDays: number }): Promise<void> {
  await sql`select ensure_partitions(${daysAhead}::int)`;
  await forgetPassedBudgets(sql);
  const days = await sql<{ day: string }[]>`
    select to_char(to_date(right(c.relname, 8), 'YYYYMMDD'), 'YYYY-MM-DD') as day
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'batch'::regclass and to_date(right(c.relname, 8), 'YYYYMMDD') < current_date - ${retentionDays}::int
    order by day`;
  for (const { day } of days) await forget(sql, log, day);
}

async function forget(sql: Sql, log: Logger, day: string): Promise<void> {
  const suffix = day.replaceAll('-', '');
  const forgotten = await sql.begin(async (tx) => {
    await tx`set local lock_timeout = '2s'`;
    const [busy] = await tx`select from delivery where stored_on = ${day} and pending > 0 limit 1`;
    if (busy) return false;
    for (const parent of parents) await tx`drop table if exists ${tx(`${parent}_${suffix}`)}`;
    return true;
  });
  if (forgotten) log.info({ event: 'day.forgotten', day });
  else log.warn({ event: 'day.kept', day }, 'a day past its retention is kept, because events of it are still pending');
}
