import type { MemberMoves } from '../process/metrics.js';
import { assignCounts, countGains, createSet, planFewMembers, setTable, type MemberCounts } from './memberSet.js';
import type { Transaction } from '../db/session.js';
import { openSync, recordReceived } from './syncRecord.js';
import { moveChanges, type ChangeRun } from './pendingChanges.js';

export interface CohortRow {
  readonly id: number;
  readonly partner: string;
  readonly set_id: string | null;
  readonly deleted: boolean;
}

/** The counts are what the cohort gains. */
interface Moved extends MemberCounts, MemberMoves {
  readonly present: number;
  readonly late: number;
}

/**
 * Adds and removes members in one statement. The latest change of a member wins: by the time at which the partner
 * computed it, then by arrival. A change that was computed before the one that last moved a member is late, and does
 * not move it.
 */
export async function applyMoves(tx: Transaction, cohort: CohortRow, run: ChangeRun): Promise<MemberMoves> {
  const sync = await openSync(tx, cohort.id, run);
  await recordReceived(tx, cohort.id, sync, run);
  const setId = cohort.set_id ?? (await createSet(tx));
  const { present, late, added, removed, ...gains } = await move(tx, cohort.id, setTable(setId), run);
  await tx`
    update cohort_sync set
      added_count = added_count + ${added}, removed_count = removed_count + ${removed}, unchanged_count = unchanged_count + ${present},
      late_count = late_count + ${late},
      state = case when pages_expected is null or pages_received >= pages_expected then 'applied' else state end,
      finished_at = case when pages_expected is null or pages_received >= pages_expected then now() else finished_at end
    where id = ${sync.id}::bigint`;
  await tx`
    update cohort set
      set_id = ${setId}::bigint, ${assignCounts(tx, gains, 'add')},
      net_change_since_report = net_change_since_report + ${added - removed},
      last_sync_at = greatest(last_sync_at, ${run.at(-1)?.stored_at ?? null}::timestamptz)
    where id = ${cohort.id}`;
  await moveChanges(tx, run, 'applied');
  return { added, removed };
}

async function move(tx: Transaction, cohortId: number, table: string, run: ChangeRun): Promise<Moved> {
  await planFewMembers(tx);
  const [moved] = await tx<[Moved]>`
    with named as (
      select distinct on (m.member) m.member, c.kind = 'add' as adds, c.computed_at_ms
      from cohort_change c cross join unnest(c.members) as m (member)
      where c.id = any(${run.map(({ id }) => id)}::bigint[])
      order by m.member, c.computed_at_ms desc, c.id desc
    ), judged as (
      select n.member, n.adds, n.computed_at_ms, s.member is not null as present,
        coalesce(n.computed_at_ms < coalesce(s.computed_at_ms, d.computed_at_ms), false) as late
      from named n
      left join ${tx(table)} s on s.member = n.member
      left join cohort_tombstone d on d.cohort_id = ${cohortId} and d.member = n.member
    ), added as (
      insert into ${tx(table)} (member, computed_at_ms)
      select member, computed_at_ms from judged where adds and not present and not late
      returning member
    ), confirmed as (
      update ${tx(table)} s set computed_at_ms = j.computed_at_ms
      from judged j
      where s.member = j.member and j.adds and j.present and not j.late and j.computed_at_ms is distinct from s.computed_at_ms
        and j.computed_at_ms is not null
    ), removed as (
      delete from ${tx(table)} s using judged j
      where s.member = j.member and not j.adds and j.present and not j.late
      returning s.member
    ), departed as (
      insert into cohort_tombstone (cohort_id, member, computed_at_ms)
      select ${cohortId}, member, computed_at_ms from judged where not adds and not late and computed_at_ms is not null
      on conflict (cohort_id, member) do update set computed_at_ms = excluded.computed_at_ms
    ), returned as (
      delete from cohort_tombstone d using judged j
      where d.cohort_id = ${cohortId} and d.member = j.member and j.adds and not j.late
    ), moved as (
      select member, true as entered from added union all select member, false from removed
    ), told as (
      insert into segment_candidate (segment_id, member)
      select s.segment_id, m.member from segment_cohort s cross join moved m where s.cohort_id = ${cohortId}
    )
    select
      (select count(*)::int from judged where not late and adds = present) as present,
      (select count(*)::int from judged where late) as late,
      count(*) filter (where m.entered)::int as added,
      count(*) filter (where not m.entered)::int as removed,
      ${tx.unsafe(countGains)}
    from moved m`;
  return moved;
}
