import type { Sql } from '../db/connect.js';
import type { ClaimedSync } from './claimSync.js';
import type { ChangeRequest, RefusedChange } from './cutChanges.js';
import type { Candidates } from './findCandidates.js';

export interface Step extends Pick<Candidates, 'changeId' | 'walkedFrom' | 'walk' | 'walked'> {
  readonly requests: readonly ChangeRequest[];
  readonly refused: readonly RefusedChange[];
  /** Members to look at again after so many milliseconds. */
  readonly waiting: readonly { readonly member: string; readonly afterMs: number }[];
  /** Members that are due and need nothing. */
  readonly settled: readonly string[];
}

/**
 * Stores what is about to be sent, before it is, and how far the sync has come: after a crash nothing is forgotten that
 * may have arrived. Returns false, and stores nothing, when the lease was lost.
 */
export async function storeStep(sql: Sql, { syncId, lease, leaseMs }: ClaimedSync, step: Step): Promise<boolean> {
  const { requests, refused, waiting, settled, walkedFrom, walk, walked, changeId } = step;
  const sent = requests.map(({ id, items }) => ({
    id,
    entered: items.filter(({ isMember }) => isMember).map((item) => item.id),
    gone: items.filter(({ isMember }) => !isMember).map((item) => item.id),
  }));
  const changes = requests.reduce((sum, { items }) => sum + items.length, 0) + refused.length;
  // A walk that was begun anew meanwhile stays where it is.
  const isSameWalk = sql`(walk = ${walkedFrom?.kind ?? null} and walk_after = ${walkedFrom?.after ?? ''})`;
  const stored = await sql`
    with held as (
      update segment_sync set
        change_id = ${changeId}::bigint,
        walk = case when ${isSameWalk} then ${walk?.kind ?? null} else walk end,
        walk_after = case when ${isSameWalk} then ${walk?.after ?? ''} else walk_after end,
        walk_count = walk_count + case when ${isSameWalk} then ${walked}::int else 0 end,
        synced_at = case when ${isSameWalk} and ${walk === undefined}::boolean and not is_clearing then now() else synced_at end,
        change_count = change_count + ${changes}, refused_count = refused_count + ${refused.length},
        request_count = request_count + ${requests.length},
        leased_until = now() + ${leaseMs}::float8 * interval '1 millisecond'
      where id = ${syncId} and lease = ${lease}::bigint and state = 'live'
      returning id, refused_count
    ), requests as (
      insert into segment_sync_request (id, sync_id, entered, gone)
      select r.id, held.id, array(select jsonb_array_elements_text(r.entered)), array(select jsonb_array_elements_text(r.gone))
      from held, jsonb_to_recordset(${JSON.stringify(sent)}::text::jsonb) r (id bigint, entered jsonb, gone jsonb)
    ), refused as (
      select held.id as sync_id, held.refused_count - ${refused.length}::int + row_number() over () as place, r.*
      from held, jsonb_to_recordset(${JSON.stringify(refused)}::text::jsonb) r (member text, "isMember" boolean, code text, detail text)
    ), refusals as (
      insert into segment_sync_refusal (sync_id, place, member, is_member, code, detail)
      select sync_id, place, member, "isMember", code, detail from refused
    ), refused_members as (
      insert into segment_sync_member (sync_id, member, is_member, state, code, detail)
      select sync_id, member, "isMember", 'refused', code, detail from refused
      on conflict (sync_id, member) do update set is_member = excluded.is_member, state = 'refused', sent_at = now(),
        due_at = null, tries = 0, code = excluded.code, detail = excluded.detail
    ), waits as (
      update segment_sync_member m set due_at = now() + w."afterMs" * interval '1 millisecond'
      from held, jsonb_to_recordset(${JSON.stringify(waiting)}::text::jsonb) w (member text, "afterMs" float8)
      where m.sync_id = held.id and m.member = w.member
    ), done as (
      update segment_sync_member m set due_at = null
      from held where m.sync_id = held.id and m.member = any(${[...settled]}::text[])
    )
    select from held`;
  return stored.count === 1;
}
