import type { Logger } from 'pino';
import { advisoryLocks } from '../db/advisoryLocks.js';
import type { Sql } from '../db/connect.js';
import type { CurrentState } from '../db/schema.js';
import { pruneConsoleSessions } from '../admin/consoleSessions.js';
import { pruneIdempotencyKeys } from '../admin/idempotency.js';
import { pruneJobs } from '../jobs/jobs.js';
import { deletePassedBuckets } from '../budget/postgresBuckets.js';
import { deleteExpiredUsage } from '../budget/quotaRecorder.js';
import { pruneCounts } from '../counts/pruneCounts.js';
import { pruneUserDeletions } from '../privacy/userDeletions.js';
import { eraseFormerSecrets } from '../segments/formerSecret.js';
import { daysAhead } from '../db/migrate.js';
import { pruneNotices } from '../notices/noticeMessages.js';
import { raiseNotice, type Happening } from '../notices/raiseNotice.js';

export interface RetentionDeps {
  readonly sql: Sql;
  readonly log: Logger;
  readonly retentionDays: number;
}

const parents = [
  'batch',
  'delivery',
  'dead_letter',
  'quarantine_batch',
  'request',
  'unmerged_fingerprints',
  'fingerprint_block',
] as const;

/**
 * Creates the partitions of the next days, and drops those older than the retention, unless events of that day are still
 * pending. Also deletes expired buckets, former secrets, quota usage, console sessions, jobs and counts, and compacts the tally.
 */
export async function runRetention({ sql, log, retentionDays }: RetentionDeps): Promise<void> {
  await sql`select ensure_partitions(${daysAhead}::int)`;
  await pruneConsoleSessions({ sql });
  await pruneIdempotencyKeys({ sql });
  await pruneJobs({ sql }, retentionDays);
  await pruneUserDeletions(sql);
  await deletePassedBuckets(sql);
  await deleteExpiredUsage(sql);
  await foldTally(sql);
  await pruneNotices(sql);
  await eraseFormerSecrets(sql);
  await pruneCounts(sql, retentionDays);
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
    // Every worker does this: the others wait, and find that the day is gone.
    await tx`select pg_advisory_xact_lock(${advisoryLocks.retention}::bigint)`;
    const [table] = await tx<[{ isThere: boolean }]>`
      select to_regclass(${`delivery_${suffix}`}) is not null as "isThere"`;
    if (!table.isThere) return undefined;
    await tx`set local lock_timeout = '2s'`;
    // Now nothing can be added to that day, for example by a replay.
    await tx`lock table ${tx(`delivery_${suffix}`)} in access exclusive mode`;
    const [busy] = await tx`select from delivery where stored_on = ${day} and pending > 0 limit 1`;
    if (busy) return false;
    for (const parent of parents) await tx`drop table if exists ${tx(`${parent}_${suffix}`)}`;
    await tx`delete from quarantine_usage where stored_on = ${day}`;
    await tx`delete from index_backfill where stored_on = ${day}`;
    return true;
  });
  if (isDropped === undefined) return;
  if (isDropped) {
    log.info({ event: 'partition.dropped', day });
    return;
  }
  log.warn({ event: 'partition.kept', day }, 'a day is kept beyond its retention, because events of it are pending');
  for (const current of await findHolders(sql, day)) await raiseNotice(sql, dayKept(day, current));
}

interface Holder {
  readonly id: number;
  readonly name: string;
  readonly state: CurrentState;
  readonly pending: number;
}

/** The Currents for which events of a day are pending. */
async function findHolders(sql: Sql, day: string): Promise<readonly Holder[]> {
  return sql<Holder[]>`
    select c.id, c.name, c.state, d.pending from current c join (
      select current_id, sum(pending)::float8 as pending from delivery where stored_on = ${day} and pending > 0 group by current_id
    ) d on d.current_id = c.id
    where c.state <> 'deleted' order by c.id`;
}

function dayKept(day: string, { id, name, state, pending }: Holder): Happening {
  return {
    kind: 'day_kept',
    severity: 'warning',
    subject: { type: 'Current', key: String(id) },
    episode: day,
    count: pending,
    message: `The events of ${day} are kept beyond their retention, for all Currents: ${pending} of them are pending for the Current "${name}", which is ${state}.`,
    remedy:
      state === 'paused'
        ? 'Resume the Current, or delete it: until then, the database grows by a day every day.'
        : 'Repair the Current, or delete it: until then, the database grows by a day every day.',
  };
}
