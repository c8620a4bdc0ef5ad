import type { MemberMoves } from '../process/metrics.js';
import type { CohortRow } from './applyMoves.js';
import type { Transaction } from '../db/session.js';
import { swapMembers } from './swapMembers.js';
import { countNewPages, recordReceived, openSync } from './syncRecord.js';
import type { ChangeRun } from './pendingChanges.js';

/**
 * Puts pages of a whole membership aside until the session has all of its pages, in whatever order they come; then the
 * membership is replaced. A page that comes again takes the place of the earlier one. Pages of a session that is over,
 * or that a later one has replaced, change nothing. Answers who came and went if it was replaced.
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
