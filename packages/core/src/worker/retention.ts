import type { Logger } from 'pino';
import type { Sql } from '../db/connect.js';
import { pruneIdempotencyKeys } from '../admin/idempotency.js';
import { pruneJobs } from '../jobs/jobs.js';
import { deletePassedBuckets } from '../budget/postgresBuckets.js';
import { deleteExpiredUsage } from '../budget/quotaRecorder.js';
import { daysAhead } from '../db/migrate.js';

export interface RetentionDeps {
  readonly sql: Sql;
  readonly log: Logger;
  readonly retentionDays: number;
}

const parents = ['batch', 'delivery', 'dead_letter', 'quarantine_batch', 'request'] as const;

/**
 * Creates the partitions of the next days, and drops those older than the retention, unless events of that day are still
 * pending. Also deletes expired buckets, quota usage and jobs, and compacts the tally.
 */
export async function runRetention({ sql, log, retentionDays }: RetentionDeps): Promise<void> {
  await sql`select ensure_partitions(${daysAhead}::int)`;
  await pruneIdempotencyKeys({ sql });
  await pruneJobs({ sql }, retentionDays);
  await deletePassedBuckets(sql);
  await deleteExpiredUsage(sql);
  await foldTally(sql);
  const days = await sql<{ day: string }[]>`
    select to_char(to_date(right(c.relname, 8), 'YYYYMMDD'), 'YYYY-MM-DD') as day
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'batch'::regclass and to_date(right(c.relname, 8), 'YYYYMMDD') < current_date - ${retentionDays}::int
    order by day`;
  for (const { day } of days) await dropDay(sql, log, day);
}

/** Merges the shards of past days: each process counts in its own, and one row per outcome is enough then. */
async function foldTally(sql: Sql): Promise<void> {
  await sql`
    with gone as (
      delete from tally where day < current_date - 2 and shard <> 0 returning current_id, day, outcome, code, events
    )
    insert into tally as t (current_id, day, shard, outcome, code, events)
    select current_id, day, 0, outcome, code, sum(events) from gone group by current_id, day, outcome, code
    on conflict (current_id, day, outcome, code, shard) do update set events = t.events + excluded.events`;
}

async function dropDay(sql: Sql, log: Logger, day: string): Promise<void> {
  const suffix = day.replaceAll('-', '');
  const isDropped = await sql.begin(async (tx) => {
    await tx`set local lock_timeout = '2s'`;
    // Now nothing can be added to that day, for example by a replay.
    await tx`lock table ${tx(`delivery_${suffix}`)} in access exclusive mode`;
    const [busy] = await tx`select from delivery where stored_on = ${day} and pending > 0 limit 1`;
    if (busy) return false;
    for (const parent of parents) await tx`drop table if exists ${tx(`${parent}_${suffix}`)}`;
    await tx`delete from quarantine_usage where stored_on = ${day}`;
    return true;
  });
  if (isDropped) log.info({ event: 'partition.dropped', day });
  else
    log.warn({ event: 'partition.kept', day }, 'a day is kept beyond its retention, because events of it are pending');
}
