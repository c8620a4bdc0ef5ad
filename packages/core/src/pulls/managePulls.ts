import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Admin, Db } from '../admin/admin.js';
import { collection } from '../admin/collection.js';
import { rowId, type Page, type PageRequest } from '../admin/page.js';
import type { Problem } from '../admin/problem.js';
import type { CohortView } from '../cohorts/cohortView.js';
import { getCohort } from '../cohorts/manageCohorts.js';
import { nextDue } from '../cohorts/pullSchedule.js';
import { cohort, cohortPull } from '../db/schema.js';
import { pullState, pullViewOf, selectPulls, type PullState, type PullView } from './pullView.js';
import { endPull } from './recordStep.js';

interface PullFilter {
  readonly currentId?: string | undefined;
  readonly states?: readonly PullState[] | undefined;
}

/** The hub does not pull the cohort. */
export type CohortPullNotFound = Problem<'CohortPullNotFound'>;
/** A pull of the cohort is running; only one runs at a time. */
export type CohortPullRunning = Problem<'CohortPullRunning', { cohortPull: PullView }>;
/** No pull is running that could be cancelled. */
export type CohortPullNotRunning = Problem<'CohortPullNotRunning', { cohortPull: PullView }>;

export interface CohortPullDeleted {
  readonly kind: 'CohortPullDeleted';
  readonly cohort: CohortView;
  /** The pull as it was. */
  readonly cohortPull: PullView;
}

const notFound: CohortPullNotFound = {
  kind: 'CohortPullNotFound',
  message: 'the hub does not pull a cohort with this id',
};

const pulls = collection({ select: selectPulls, id: cohortPull.cohortId, viewOf: pullViewOf });

/** Pulls, those of the newest cohorts first. */
export function listPulls(
  admin: Db,
  page: PageRequest,
  { currentId, states }: PullFilter = {},
): Promise<Page<PullView>> {
  const condition = and(
    currentId === undefined ? undefined : eq(cohortPull.currentId, rowId(currentId) ?? 0),
    states === undefined ? undefined : inArray(pullState, [...states]),
  );
  return pulls.list(admin, page, condition);
}

/** Pulls by the ids of their cohorts, in the order of the ids. */
export const findPulls = pulls.find;

export async function findPull(admin: Db, cohortId: string): Promise<PullView | undefined> {
  return (await findPulls(admin, [cohortId]))[0];
}

export async function getPull(admin: Db, cohortId: string): Promise<PullView | CohortPullNotFound> {
  return (await findPull(admin, cohortId)) ?? notFound;
}

/** Starts a pull now, whatever the schedule says and however the last one ended. */
export async function runCohortPull(
  admin: Pick<Admin, 'db' | 'wakePull'>,
  cohortId: string,
): Promise<PullView | CohortPullNotFound | CohortPullRunning> {
  const key = rowId(cohortId) ?? 0;
  const started = await admin.db
    .update(cohortPull)
    .set({ dueAt: sql`now()`, deferralCode: null, deferralDetail: null })
    .where(and(eq(cohortPull.cohortId, key), isNull(cohortPull.runId)))
    .returning({ id: cohortPull.cohortId });
  const pull = await getPull(admin, cohortId);
  if (pull.kind === 'CohortPullNotFound') return pull;
  if (started.length === 1) {
    admin.wakePull(key, 0);
    return pull;
  }
  const since = pull.progress === undefined ? '' : ` since ${pull.progress.startedAt.toISOString()}`;
  const message = `a pull of this cohort has been running${since}; cancel it first to start another one`;
  return { kind: 'CohortPullRunning', message, cohortPull: pull };
}

/**
 * Cancels the running pull. Members fetched so far are dropped and the membership stays as it is; the next pull follows
 * the schedule. Not possible once all members are fetched.
 */
export async function cancelCohortPull(
  admin: Pick<Admin, 'db' | 'sql'>,
  cohortId: string,
): Promise<PullView | CohortPullNotFound | CohortPullNotRunning> {
  const { sql: raw } = admin;
  // In SQL, because workers end pulls and compute due times by the same fragments.
  const cancelled = await raw`
    update cohort_pull p set ${raw.unsafe(endPull)}, due_at = ${raw.unsafe(nextDue)}
    from cohort c where c.id = p.cohort_id and p.cohort_id = ${rowId(cohortId) ?? 0} and p.run_id is not null and p.fetched_at is null`;
  const pull = await getPull(admin, cohortId);
  if (cancelled.count === 1 || pull.kind === 'CohortPullNotFound') return pull;
  const message =
    pull.state === 'applying'
      ? 'all members are fetched, and the membership is being replaced'
      : 'no pull of this cohort is running';
  return { kind: 'CohortPullNotRunning', message, cohortPull: pull };
}

/** Stops pulling a cohort. Its members stay as they are, and its schedule is cleared. */
export async function deleteCohortPull(
  admin: Pick<Admin, 'db' | 'connectors'>,
  cohortId: string,
): Promise<CohortPullDeleted | CohortPullNotFound> {
  const key = rowId(cohortId) ?? 0;
  const before = await findPull(admin, cohortId);
  const isDeleted = await admin.db.transaction(async (tx) => {
    const deleted = await tx
      .delete(cohortPull)
      .where(eq(cohortPull.cohortId, key))
      .returning({ id: cohortPull.cohortId });
    if (deleted.length === 1) await tx.update(cohort).set({ schedule: null }).where(eq(cohort.id, key));
    return deleted.length === 1;
  });
  const view = await getCohort(admin, cohortId);
  if (!isDeleted || !before || view.kind === 'CohortNotFound') return notFound;
  return { kind: 'CohortPullDeleted', cohort: view, cohortPull: before };
}
