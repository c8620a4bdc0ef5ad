import type { CohortChange, MemberPage } from '@currents/connector';
import { maxPages, storableCount } from '../cohorts/changeRows.js';
import { pullSession } from '../cohorts/pullSession.js';
import { storePush, type StorePushDeps } from '../cohorts/storePush.js';
import type { LeaseTerm } from '../db/endLease.js';
import type { ClaimedStep } from './claimStep.js';

/** Another step has taken the pull over, or the pull was deleted. */
export class StepLeaseLost extends Error {
  constructor() {
    super('the lease of this step is another’s');
    this.name = 'LeaseLost';
  }
}

/** No further pages are accepted when the worker stops. */
type StorePagesDeps = StorePushDeps & LeaseTerm;

/** What a step has fetched so far. */
export interface StepProgress {
  readonly pages: number;
  readonly members: number;
}

/**
 * Stores the pages of a step as pages of a session that replaces the membership once it is complete. Each page is
 * stored before the next one is fetched, so a step never holds more than one.
 */
export function createPageStore(deps: StorePagesDeps, step: ClaimedStep) {
  let progress: StepProgress = { pages: step.pages, members: step.members };

  return {
    progress: () => progress,
    async store({ members, refused, total }: MemberPage): Promise<void> {
      if (deps.isStopping()) throw new StepLeaseLost();
      const page = progress.pages + 1;
      await storePage(deps, step, { page, pages: maxPages }, { members, refused });
      const handedOver = members.length + Object.values(refused).reduce((sum, count) => sum + count, 0);
      progress = { pages: page, members: progress.members + handedOver };
      await recordProgress(deps, step, progress, total);
    },
    /** Stores an empty last page with the total number of pages, which was not known before. */
    async close(): Promise<void> {
      const page = progress.pages + 1;
      await storePage(deps, step, { page, pages: page }, { members: [], refused: {} });
    },
  };
}

async function storePage(
  deps: StorePagesDeps,
  { partner, cohort, runId, lease }: ClaimedStep,
  { page, pages }: { readonly page: number; readonly pages: number },
  { members, refused }: Pick<MemberPage, 'members' | 'refused'>,
): Promise<void> {
  const change: CohortChange = { kind: 'replace', cohort, session: { id: pullSession(runId), page, pages }, members };
  // Another attempt may divide pages differently, so its page is another push.
  const body = `${runId} ${lease} ${page}`;
  const stored = await storePush(deps, { partner, keyId: null, lease, body, parsed: { changes: [change], refused } });
  if (stored.outcome === 'unauthorised') throw new StepLeaseLost();
  if ('detail' in stored) throw new Error(`a page of a pull was not stored: ${stored.detail}`);
}

async function recordProgress(
  { sql, leaseMs }: StorePagesDeps,
  { cohortId, lease }: ClaimedStep,
  { pages, members }: StepProgress,
  total: number | undefined,
): Promise<void> {
  const noted = await sql`
    update cohort_pull set
      pages = ${pages}, members = ${members}, total = coalesce(${storableCount(total) ?? null}::bigint, total),
      due_at = now() + ${leaseMs}::float8 * interval '1 millisecond'
    where cohort_id = ${cohortId} and lease = ${lease}::bigint`;
  if (noted.count === 0) throw new StepLeaseLost();
}
