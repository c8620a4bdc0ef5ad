import type { FailureReason } from '../circuitBreaker.js';
import type { Sql } from '../db/connect.js';

/** A sync that is leased: no other worker sends for it until the lease expires. */
export interface ClaimedSync {
  readonly syncId: number;
  readonly segmentId: number;
  readonly lease: string;
  readonly leaseMs: number;
  /** Whole-request failures in a row. */
  readonly failures: number;
}

/**
 * SQL: a sync `y` is live, has something to do, and is neither held nor leased. Changes that were deleted before it took
 * them up, while it was paused or blocked, are something to do as well: nothing else may ever follow them.
 */
export const isSyncDue = `y.state = 'live'
  and (y.deferral_until is null or y.deferral_until <= now()) and (y.leased_until is null or y.leased_until <= now())
  and (y.walk is not null
    or exists (select from segment_sync_request r where r.sync_id = y.id)
    or exists (select from segment_sync_member m where m.sync_id = y.id and m.due_at <= now())
    or (not y.is_clearing and exists (select from segment_change c where c.segment_id = y.segment_id and c.id > y.change_id))
    or (not y.is_clearing and exists (select from segment s where s.id = y.segment_id and s.pruned_change_id > y.change_id))
    or (y.is_clearing and not exists (select from segment_sync_member m where m.sync_id = y.id and m.due_at is not null)))`;

export async function findDueSyncs(sql: Sql, limit: number): Promise<readonly number[]> {
  const rows = await sql<{ id: number }[]>`
    select y.id from segment_sync y where ${sql.unsafe(isSyncDue)} order by y.id limit ${limit}`;
  return rows.map(({ id }) => id);
}

/**
 * Leases a sync that is due. What an earlier lease left in requests is taken back: it is not known whether it arrived, so
 * these users are looked at again. Undefined when there is nothing to do or another worker has the lease.
 */
export async function claimSync(
  sql: Sql,
  syncId: number,
  { lease, leaseMs }: Pick<ClaimedSync, 'lease' | 'leaseMs'>,
): Promise<ClaimedSync | undefined> {
  const [row] = await sql<Pick<ClaimedSync, 'segmentId' | 'failures'>[]>`
    update segment_sync y set lease = ${lease}::bigint, leased_until = now() + ${leaseMs}::float8 * interval '1 millisecond'
    where y.id = ${syncId} and ${sql.unsafe(isSyncDue)}
    returning y.segment_id as "segmentId", y.failures`;
  if (!row) return undefined;
  await sql`
    with held as (
      select id from segment_sync where id = ${syncId} and lease = ${lease}::bigint for update
    ), left_over as (
      delete from segment_sync_request r using held where r.sync_id = held.id returning r.entered, r.gone
    ), changes as (
      select unnest(entered) as member, true as is_member from left_over
      union all select unnest(gone), false from left_over
    ), kept as (
      insert into segment_sync_member (sync_id, member, is_member, state, due_at, code, detail)
      select ${syncId}, member, is_member, 'pending', now(), 'interrupted', 'the request was interrupted' from changes
      on conflict (sync_id, member) do update set is_member = excluded.is_member, state = 'pending', sent_at = now(),
        due_at = now(), code = excluded.code, detail = excluded.detail
      returning member
    )
    update segment_sync set returned_count = returned_count + (select count(*) from kept)
    where id in (select id from held) and exists (select from kept)`;
  return { syncId, lease, leaseMs, ...row };
}

/** Extends the lease. False when it was lost, or when the sync is not live any longer. */
export async function renewLease(sql: Sql, { syncId, lease, leaseMs }: ClaimedSync): Promise<boolean> {
  const renewed = await sql`
    update segment_sync set leased_until = now() + ${leaseMs}::float8 * interval '1 millisecond'
    where id = ${syncId} and lease = ${lease}::bigint and state = 'live'`;
  return renewed.count === 1;
}

export async function releaseSync(sql: Sql, { syncId, lease }: Pick<ClaimedSync, 'syncId' | 'lease'>): Promise<void> {
  await sql`update segment_sync set lease = null, leased_until = null where id = ${syncId} and lease = ${lease}::bigint`;
}

/** Sends nothing until then, and ends the lease. */
export async function holdSync(
  sql: Sql,
  { syncId, lease }: ClaimedSync,
  { code, detail, untilMs }: FailureReason & { readonly untilMs: number },
): Promise<void> {
  await sql`
    update segment_sync set failures = failures + 1, failing_since = case when failures = 0 then now() else failing_since end,
      deferral_until = to_timestamp(${untilMs}::float8 / 1000),
      deferral_code = ${code}, deferral_detail = ${detail}, lease = null, leased_until = null
    where id = ${syncId} and lease = ${lease}::bigint`;
}
