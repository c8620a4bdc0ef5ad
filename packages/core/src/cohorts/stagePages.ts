import type { MemberMoves } from '../process/metrics.js';
import type { CohortRow } from './applyMoves.js';
import type { Transaction } from '../db/session.js';
import { swapMembers } from './swapMembers.js';
import { countNewPages, recordReceived, openSync } from './syncRecord.js';
import type { ChangeRun } from './pendingChanges.js';

/**
 * Stages the pages of a full sync until all have arrived, in any order; then replaces the membership and returns what
 * changed. A repeated page replaces the earlier one. Pages of a session that has ended are dropped.
 */
export async function stagePages(tx: Transaction, cohort: CohortRow, run: ChangeRun): Promise<MemberMoves | undefined> {
  const sync = await openSync(tx, cohort.id, run);
  const ids = run.map(({ id }) => id);
  if (sync.state !== 'receiving') {
    await tx`update cohort_change set state = 'dropped', members = null where id = any(${ids}::bigint[])`;
    return undefined;
  }
  const pages = run.at(-1)?.pages ?? 1;
  const newPages = await countNewPages(tx, cohort.id, run);
  await recordReceived(tx, sync, run, { newPages, pages });
  await tx`update cohort_change set state = 'staged' where id = any(${ids}::bigint[])`;
  if (sync.pages_received + newPages < pages) return undefined;
  const session = run[0].session as string;
  const [staged] = await tx<[{ pages: number }]>`
    select count(distinct page)::int as pages from cohort_change
    where cohort_id = ${cohort.id} and session = ${session} and kind = 'replace' and state = 'staged' and page <= ${pages}`;
  if (staged.pages < pages) return undefined;
  return swapMembers(tx, cohort, { sync, session, pages });
}
