import type { Logger } from 'pino';
import type { Sql } from '../db/connect.js';
import { deletePassedBuckets } from '../budget/postgresBuckets.js';
import { deleteExpiredUsage } from '../budget/quotaRecorder.js';
import { daysAhead } from '../db/migrate.js';

const parents = ['batch', 'delivery', 'dead_letter', 'quarantine', 'request'] as const;

/**
 * Makes the partitions of the coming days, and drops those older than the retention, unless events of that day are
 * still pending: nothing is forgotten that has not reached its outcome.
 */
export async function runRetention({
  sql,
  log,
  retentionDays,
}: {
  readonly sql: Sql;
  readonly log: Logger;
  readonly retentionDays: number;
}): Promise<void> {
  await sql`select ensure_partitions(${daysAhead}::int)`;
  await deletePassedBuckets(sql);
  await deleteExpiredUsage(sql);
  await foldTally(sql);
  const days = await sql<{ day: string }[]>`
    select to_char(to_date(right(c.relname, 8), 'YYYYMMDD'), 'YYYY-MM-DD') as day
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'batch'::regclass and to_date(right(c.relname, 8), 'YYYYMMDD') < current_date - ${retentionDays}::int
    order by day`;
  for (const { day } of days) await forget(sql, log, day);
}

/** Every process counts in a shard of its own; of days gone by, one row per outcome is enough. */
async function foldTally(sql: Sql): Promise<void> {
  await sql`
    with gone as (
      delete from tally where day < current_date - 2 and shard <> 0 returning current_id, day, outcome, code, events
    )
    insert into tally as t (current_id, day, shard, outcome, code, events)
    select current_id, day, 0, outcome, code, sum(events) from gone group by current_id, day, outcome, code
    on conflict (current_id, day, outcome, code, shard) do update set events = t.events + excluded.events`;
}

async function forget(sql: Sql, log: Logger, day: string): Promise<void> {
  const suffix = day.replaceAll('-', '');
  const forgotten = await sql.begin(async (tx) => {
    await tx`set local lock_timeout = '2s'`;
    // From here on nothing can be added to that day, such as a replay.
    await tx`lock table ${tx(`delivery_${suffix}`)} in access exclusive mode`;
    const [busy] = await tx`select from delivery where stored_on = ${day} and pending > 0 limit 1`;
    if (busy) return false;
    for (const parent of parents) await tx`drop table if exists ${tx(`${parent}_${suffix}`)}`;
    return true;
  });
  if (forgotten) log.info({ event: 'day.forgotten', day });
  else log.warn({ event: 'day.kept', day }, 'a day past its retention is kept, because events of it are still pending');
}
