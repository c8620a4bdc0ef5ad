import type { Logger } from 'pino';
import { advisoryLocks } from '../db/advisoryLocks.js';
import type { Sql } from '../db/connect.js';
import type { CleanupDeps } from '../cohorts/cohortCleanup.js';
import { supersedeSet } from '../cohorts/memberSet.js';
import type { Session } from '../db/session.js';

/** Deletes the members of deleted segments, and changes past their retention. Any number of workers may run it at once. */
export async function runSegmentCleanup({ sql, session, log, retentionDays }: CleanupDeps): Promise<void> {
  await clearDeletedSegments(sql, session);
  const days = await sql<{ day: string }[]>`
    select to_char(to_date(right(c.relname, 8), 'YYYYMMDD'), 'YYYY-MM-DD') as day
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'segment_change'::regclass and to_date(right(c.relname, 8), 'YYYYMMDD') < current_date - ${retentionDays}::int
    order by day`;
  for (const { day } of days) await dropDay(session, log, day);
}

async function clearDeletedSegments(sql: Sql, session: Session): Promise<void> {
  const deleted = await sql<{ id: number }[]>`
    select id from segment s
    where deleted_at is not null and (set_id is not null or exists (select from segment_candidate c where c.segment_id = s.id))`;
  for (const { id } of deleted) {
    await session.transact(async (tx) => {
      const [segment] = await tx<[{ set_id: string | null }]>`select set_id from segment where id = ${id} for update`;
      await supersedeSet(tx, segment.set_id);
      await tx`update segment set set_id = null, external_ids = 0, device_ids = 0, aliases = 0 where id = ${id}`;
      await tx`delete from segment_candidate where segment_id = ${id}`;
    });
  }
}

/** Changes of the day that a webhook has not received by now expire, and the expiry is recorded. */
async function dropDay(session: Session, log: Logger, day: string): Promise<void> {
  const expired = await session.transact(async (tx) => {
    const name = `segment_change_${day.replaceAll('-', '')}`;
    await tx`select pg_advisory_xact_lock(${advisoryLocks.segmentCleanup}::bigint)`;
    const [there] = await tx<[{ present: boolean }]>`select to_regclass(${name}) is not null as present`;
    if (!there.present) return 0;
    const table = tx(name);
    await tx`set local lock_timeout = '2s'`;
    const missed = await tx`
      with missed as (
        select w.id, min(c.id) as first_id, max(c.id) as last_id, count(*) as changes
        from segment_webhook w join ${table} c on c.segment_id = w.segment_id and c.id > w.delivered_change_id
        where w.state <> 'deleted' group by w.id
      ), moved as (
        update segment_webhook w set delivered_change_id = m.last_id, batch_last_change_id = null, expired_count = expired_count + m.changes
        from missed m where w.id = m.id
        returning w.id, m.first_id, m.last_id, m.changes
      )
      insert into segment_webhook_expiry (webhook_id, first_change_id, last_change_id, change_count, code, detail)
      select id, first_id, last_id, changes, 'retention', 'kept until the end of the retention, while the webhook was not told' from moved`;
    await tx`
      update segment s set pruned_change_id = f.last_id, changes_complete_since = greatest(s.changes_complete_since, ${day}::date + 1)
      from (select segment_id, max(id) as last_id from ${table} group by segment_id) f where s.id = f.segment_id`;
    await tx`drop table ${table}`;
    return missed.count;
  });
  log.info({ event: 'segment_partition.dropped', day, webhooksThatMissedSome: expired });
}
