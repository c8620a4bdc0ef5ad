import type { MemberMoves } from '../process/metrics.js';
import { createSet, setTable } from './memberSet.js';
import type { Transaction } from '../db/session.js';
import { countNewPages, recordReceived, openSync } from './syncRecord.js';
import type { ChangeRun } from './pendingChanges.js';

export interface CohortRow {
  readonly id: number;
  readonly partner: string;
  readonly set_id: string | null;
  readonly deleted: boolean;
}

interface Moved {
  readonly present: number;
  readonly late: number;
  readonly added: readonly [number, number, number];
  readonly removed: readonly [number, number, number];
}

/**
 * Adds and removes members in one statement. The latest change of a member wins: by the time at which the partner
 * computed it, then by arrival. A change that was computed before the one that last moved a member is late, and does
 * not move it.
 */
export async function applyMoves(tx: Transaction, cohort: CohortRow, run: ChangeRun): Promise<MemberMoves> {
  const sync = await openSync(tx, cohort.id, run);
  const pages = run.at(-1)?.pages ?? undefined;
  const newPages = pages === undefined ? 0 : await countNewPages(tx, cohort.id, run);
  await recordReceived(tx, sync, run, { newPages, pages });
  const setId = cohort.set_id ?? (await createSet(tx));
  const { present, late, added, removed } = await move(tx, cohort.id, setTable(setId), run);
  const gain = (kind: 0 | 1 | 2): number => added[kind] - removed[kind];
  const sum = ([a, b, c]: readonly [number, number, number]): number => a + b + c;
  await tx`
    update cohort_sync set
      added_count = added_count + ${sum(added)}, removed_count = removed_count + ${sum(removed)}, unchanged_count = unchanged_count + ${present},
      late_count = late_count + ${late},
      state = case when pages_expected is null or pages_received >= pages_expected then 'applied' else state end,
      finished_at = case when pages_expected is null or pages_received >= pages_expected then now() else finished_at end
    where id = ${sync.id}::bigint`;
  await tx`
    update cohort set
      set_id = ${setId}::bigint,
      external_ids = external_ids + ${gain(0)}, device_ids = device_ids + ${gain(1)}, aliases = aliases + ${gain(2)},
      net_change_since_report = net_change_since_report + ${sum(added) - sum(removed)},
      last_sync_at = greatest(last_sync_at, ${run.at(-1)?.stored_at ?? null}::timestamptz)
    where id = ${cohort.id}`;
  await tx`update cohort_change set state = 'applied', members = null where id = any(${run.map(({ id }) => id)}::bigint[])`;
  return { added: sum(added), removed: sum(removed) };
}

async function move(tx: Transaction, cohortId: number, table: string, run: ChangeRun): Promise<Moved> {
  const byKind = (rows: string) => tx`
    (select json_build_array(
      count(*) filter (where left(member, 1) = 'e'), count(*) filter (where left(member, 1) = 'd'), count(*) filter (where left(member, 1) = 'a'))
    from ${tx(rows)})`;
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
    ), told as (
      insert into segment_candidate (segment_id, member)
      select s.segment_id, m.member
      from segment_cohort s cross join (select member from added union all select member from removed) m
      where s.cohort_id = ${cohortId}
    )
    select
      (select count(*)::int from judged where not late and adds = present) as present,
      (select count(*)::int from judged where late) as late,
      ${byKind('added')} as added,
      ${byKind('removed')} as removed`;
  return moved;
}
