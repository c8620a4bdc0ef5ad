import type { Logger } from 'pino';
import type { Sql } from '../db/connect.js';
import type { ClaimedSync } from './claimSync.js';

/** Deletes a sync once all that it has sent is taken back. */
export async function finishClearing(sql: Sql, { syncId, lease }: ClaimedSync, log: Logger): Promise<void> {
  const finished = await sql`
    update segment_sync set state = 'deleted', state_since = now(), credentials = null, lease = null, leased_until = null
    where id = ${syncId} and lease = ${lease}::bigint and is_clearing and walk is null
      and not exists (select from segment_sync_member where sync_id = ${syncId} and due_at is not null)`;
  if (finished.count === 1) log.info({ event: 'segment_sync.deleted', segmentSync: syncId });
}

/** Deletes some of what was remembered for deleted syncs. Returns whether there may be more. */
export async function deleteRemembered(sql: Sql): Promise<boolean> {
  const rowsAtOnce = 10_000;
  const [sync] = await sql<{ id: number }[]>`
    select id from segment_sync y where state = 'deleted' and (leased_until is null or leased_until < now())
      and (exists (select from segment_sync_member m where m.sync_id = y.id) or exists (select from segment_sync_request r where r.sync_id = y.id)
        or exists (select from segment_sync_refusal f where f.sync_id = y.id))
    limit 1`;
  if (!sync) return false;
  await sql`delete from segment_sync_request where sync_id = ${sync.id}`;
  await sql`delete from segment_sync_refusal where sync_id = ${sync.id}`;
  await sql`
    delete from segment_sync_member where sync_id = ${sync.id} and member in (
      select member from segment_sync_member where sync_id = ${sync.id} limit ${rowsAtOnce})`;
  return true;
}
