import type { MemberMoves } from '../process/metrics.js';
import type { CohortRow } from './applyMoves.js';
import { assignCounts, countMembers, createSet, raiseWorkMem, setTable, supersedeSet } from './memberSet.js';
import type { MemberCounts } from './memberSet.js';
import { moveChanges, type ChangeRun } from './pendingChanges.js';
import type { Transaction } from '../db/session.js';
import { openSync, recordReceived, type SyncRecord } from './syncRecord.js';

interface CompleteSession {
  readonly sync: SyncRecord;
  readonly session: string;
  readonly pages: number;
}

interface Difference extends MemberCounts, MemberMoves {
  readonly unchanged: number;
}

/** If more members than this change, segments are evaluated as a whole. */
const maxCandidates = 100_000;

/**
 * Stages the pages of a full sync until all have arrived, in any order; then replaces the membership and returns what
 * changed. A repeated page replaces the earlier one. Pages of a session that has ended are dropped.
 */
export async function stagePages(tx: Transaction, cohort: CohortRow, run: ChangeRun): Promise<MemberMoves | undefined> {
  const sync = await openSync(tx, cohort.id, run);
  if (sync.state !== 'receiving') {
    await moveChanges(tx, run, 'dropped');
    return undefined;
  }
  const received = await recordReceived(tx, cohort.id, sync, run);
  await moveChanges(tx, run, 'staged');
  const pages = run.at(-1)?.pages ?? 1;
  if (received < pages) return undefined;
  const session = run[0].session as string;
  const [staged] = await tx<[{ pages: number }]>`
    select count(distinct page)::int as pages from cohort_change
    where cohort_id = ${cohort.id} and session = ${session} and kind = 'replace' and state = 'staged' and page <= ${pages}`;
  if (staged.pages < pages) return undefined;
  return swapMembers(tx, cohort, { sync, session, pages });
}

/**
 * Replaces the membership by the members in a session's pages: fills a new set and points the cohort to it when the
 * transaction commits. Concurrent readers see the old membership and do not wait.
 */
async function swapMembers(
  tx: Transaction,
  cohort: CohortRow,
  { sync, session, pages }: CompleteSession,
): Promise<MemberMoves> {
  await raiseWorkMem(tx);
  // Sorted: this removes duplicates, and the index is built from ordered rows.
  await tx`set local enable_hashagg = off`;
  const setId = await createSet(
    tx,
    tx`
    select distinct m.member
    from (
      select distinct on (page) members from cohort_change
      where cohort_id = ${cohort.id} and session = ${session} and kind = 'replace' and state = 'staged' and page <= ${pages}
      order by page, id desc
    ) p cross join unnest(p.members) as m (member)
    order by m.member`,
  );
  await tx`set local enable_hashagg = on`;
  const fresh = setTable(setId);
  const difference = await compare(tx, cohort.set_id, fresh);
  const { added, removed } = difference;
  await addCandidates(tx, cohort, fresh, added + removed);
  await closeSession(tx, cohort, { sync, session, pages }, difference);
  await supersedeSet(tx, cohort.set_id);
  await tx`delete from cohort_tombstone where cohort_id = ${cohort.id}`;
  await tx`
    update cohort set
      set_id = ${setId}::bigint, ${assignCounts(tx, difference, 'set')},
      reported_count = (select received_count from cohort_sync where id = ${sync.id}::bigint), reported_by = 'pages', reported_at = now(), net_change_since_report = 0,
      last_sync_at = now()
    where id = ${cohort.id}`;
  return { added, removed };
}

async function compare(tx: Transaction, oldSetId: string | null, fresh: string): Promise<Difference> {
  const counts = tx.unsafe(countMembers);
  const [difference] =
    oldSetId === null
      ? await tx<
          [Difference]
        >`select count(*)::float8 as added, 0 as removed, 0 as unchanged, ${counts} from ${tx(fresh)} m`
      : await tx<[Difference]>`
        select
          count(*) filter (where o.member is null)::float8 as added,
          count(*) filter (where m.member is null)::float8 as removed,
          count(*) filter (where o.member = m.member)::float8 as unchanged,
          ${counts}
        from ${tx(setTable(oldSetId))} o full join ${tx(fresh)} m on o.member = m.member`;
  return difference;
}

async function addCandidates(tx: Transaction, { id, set_id }: CohortRow, fresh: string, moved: number): Promise<void> {
  const [used] = await tx`select from segment_cohort where cohort_id = ${id} limit 1`;
  if (!used || moved === 0) return;
  if (set_id === null || moved > maxCandidates) {
    await tx`insert into segment_candidate (segment_id) select segment_id from segment_cohort where cohort_id = ${id}`;
    return;
  }
  await tx`
    insert into segment_candidate (segment_id, member)
    select s.segment_id, coalesce(o.member, n.member)
    from segment_cohort s cross join (${tx(setTable(set_id))} o full join ${tx(fresh)} n on o.member = n.member)
    where s.cohort_id = ${id} and (o.member is null or n.member is null)`;
}

/** Marks the session as applied, drops its pages, and supersedes earlier sessions. */
async function closeSession(
  tx: Transaction,
  { id }: CohortRow,
  { sync, session }: CompleteSession,
  difference: Difference,
): Promise<void> {
  await tx`
    update cohort_sync set
      state = 'applied', finished_at = now(),
      added_count = ${difference.added}, removed_count = ${difference.removed}, unchanged_count = ${difference.unchanged},
      received_count = (
        select sum(received_count) from (
          select distinct on (page) received_count from cohort_change
          where cohort_id = ${id} and session = ${session} and kind = 'replace' and state = 'staged' and page <= pages_expected
          order by page, id desc) p)
    where id = ${sync.id}::bigint`;
  await tx`
    update cohort_change set state = 'applied', members = null
    where cohort_id = ${id} and session = ${session} and kind = 'replace' and state = 'staged'`;
  await tx`
    with older as (
      update cohort_sync set state = 'superseded', finished_at = now()
      where cohort_id = ${id} and kind = 'replace' and state = 'receiving' and first_change_id < ${sync.first_change_id}::bigint
      returning session
    )
    update cohort_change c set state = 'dropped', members = null
    from older where c.cohort_id = ${id} and c.session = older.session and c.kind = 'replace' and c.state = 'staged'`;
}
