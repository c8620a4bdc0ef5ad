import type { Sql } from '../db/connect.js';
import { backoffMs } from '../retry.js';
import type { ClaimedSync } from './claimSync.js';
import type { ChangeRequest } from './cutChanges.js';
import type { SentChanges } from './sendChanges.js';

/** What a request came to, in numbers. */
export interface RecordedChanges {
  readonly delivered: number;
  readonly refused: number;
  readonly returned: number;
}

interface Exception {
  readonly member: string;
  readonly state: 'pending' | 'refused';
  readonly tries: number;
  readonly afterMs: number;
  readonly code: string;
  readonly detail: string;
}

/**
 * Records what became of a request's changes, and that it is over, in one statement. A user who was deleted meanwhile is
 * not stored again. Returns undefined, and records nothing, when the lease was lost: the worker that has it sends them again.
 */
export async function recordChanges(
  sql: Sql,
  { syncId, lease, leaseMs }: ClaimedSync,
  { id, items }: ChangeRequest,
  { outcomes, requests }: SentChanges,
  maxTries: number,
): Promise<RecordedChanges | undefined> {
  const exceptions = items.flatMap(({ id: member, tries }): Exception[] => {
    const outcome = outcomes.get(member);
    if (outcome?.state === 'delivered') return [];
    const { code, detail } = outcome ?? { code: 'unanswered', detail: 'no outcome is known' };
    const isPending = outcome?.state !== 'refused';
    const tried = tries + (outcome?.state === 'pending' && outcome.isOwnFault ? 1 : 0);
    const isRefused = !isPending || tried >= maxTries;
    const isHeldAlone = outcome?.state === 'pending' && outcome.isOwnFault;
    const afterMs = isHeldAlone ? (outcome.afterMs ?? backoffMs(tried, Math.random())) : 0;
    return [{ member, state: isRefused ? 'refused' : 'pending', tries: isRefused ? 0 : tried, afterMs, code, detail }];
  });
  const [row] = await sql<RecordedChanges[]>`
    with sync as (
      select id, refused_count from segment_sync where id = ${syncId} and lease = ${lease}::bigint for update
    ), request as (
      delete from segment_sync_request r using sync where r.id = ${id}::bigint and r.sync_id = sync.id returning r.entered, r.gone
    ), changes as (
      select unnest(entered) as member, true as is_member from request
      union all select unnest(gone), false from request
    ), recorded as (
      insert into segment_sync_member as m (sync_id, member, is_member, state, due_at, tries, code, detail)
      select ${syncId}, c.member, c.is_member, coalesce(x.state, 'delivered'),
        case when x.state = 'pending' then now() + x."afterMs" * interval '1 millisecond' end, coalesce(x.tries, 0), x.code, x.detail
      from changes c
      left join jsonb_to_recordset(${JSON.stringify(exceptions)}::text::jsonb)
        x (member text, state text, tries int, "afterMs" float8, code text, detail text) on x.member = c.member
      on conflict (sync_id, member) do update set is_member = excluded.is_member, state = excluded.state, sent_at = now(),
        due_at = excluded.due_at, tries = excluded.tries, code = excluded.code, detail = excluded.detail
      returning m.member, m.is_member, m.state, m.code, m.detail
    ), refusals as (
      insert into segment_sync_refusal (sync_id, place, member, is_member, code, detail)
      select sync.id, sync.refused_count + row_number() over (), r.member, r.is_member, r.code, r.detail
      from sync, recorded r where r.state = 'refused'
    ), counts as (
      select count(*) filter (where state = 'delivered')::int as delivered, count(*) filter (where state = 'refused')::int as refused,
        count(*) filter (where state = 'pending')::int as returned from recorded
    )
    update segment_sync y set
      delivered_count = delivered_count + counts.delivered, refused_count = refused_count + counts.refused,
      returned_count = returned_count + counts.returned, request_count = request_count + ${Math.max(0, requests - 1)},
      last_delivered_at = case when counts.delivered > 0 then now() else last_delivered_at end,
      failures = case when counts.delivered > 0 then 0 else failures end,
      deferral_until = case when counts.delivered > 0 then null else deferral_until end,
      deferral_code = case when counts.delivered > 0 then null else deferral_code end,
      deferral_detail = case when counts.delivered > 0 then null else deferral_detail end,
      leased_until = now() + ${leaseMs}::float8 * interval '1 millisecond'
    from counts where y.id in (select id from sync)
    returning counts.delivered, counts.refused, counts.returned`;
  return row;
}
