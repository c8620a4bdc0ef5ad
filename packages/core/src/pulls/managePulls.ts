import type { Admin } from '../admin/admin.js';
import { checkFirst, pageOf, readCursor, rowId, writeCursor, type Page, type PageRequest } from '../admin/page.js';
import { getCohort } from '../cohorts/manageCohorts.js';
import type { CohortView } from '../cohorts/cohortView.js';
import { nextDue } from '../cohorts/pullSchedule.js';
import { pullViewOf, selectPulls, type PullRow, type PullState, type PullView } from './pullView.js';
import { endPull } from './recordStep.js';

type Deps = Pick<Admin, 'sql'>;

export interface PullFilter {
  readonly currentId?: string | undefined;
  readonly states?: readonly PullState[] | undefined;
}

/** The hub does not fetch this cohort. */
export interface CohortNotPulled {
  readonly kind: 'CohortNotPulled';
  readonly message: string;
}

/** A pull of the cohort is under way; two at once there are never. */
export interface PullUnderWay {
  readonly kind: 'PullUnderWay';
  readonly message: string;
  readonly pull: PullView;
}

/** There is no pull under way that could be cancelled. */
export interface PullNotUnderWay {
  readonly kind: 'PullNotUnderWay';
  readonly message: string;
  readonly pull: PullView;
}

/** The hub fetches the cohort no more. */
export interface CohortPullDeleted {
  readonly kind: 'PullStopped';
  /** With the members that it has. */
  readonly cohort: CohortView;
  /** As it was. */
  readonly pull: PullView;
}

function notPulled(cohortId: string): CohortNotPulled {
  return {
    kind: 'CohortNotPulled',
    message: `the hub does not fetch a cohort with the id ${JSON.stringify(cohortId.slice(0, 40))}`,
  };
}

/** Pulls, those of the newest cohorts first. */
export async function listPulls(
  admin: Deps,
  { first, after }: PageRequest,
  { currentId, states }: PullFilter = {},
): Promise<Page<PullView>> {
  checkFirst(first);
  const [cursor] = readCursor(after, 1) ?? [];
  const { sql } = admin;
  const rows = await sql<PullRow[]>`
    ${selectPulls(admin)}
    where (${cursor ?? null}::bigint is null or p.cohort_id < ${cursor ?? null}::bigint)
      and (${currentId ?? null}::text is null or p.current_id = ${currentId === undefined ? null : (rowId(currentId) ?? 0)}::int)
      and (${states === undefined} or (case
        when p.fetched_at is not null then 'applying' when p.run_id is not null then 'running' when p.failure_code is not null then 'failed' else 'waiting'
      end) = any(${[...(states ?? [])]}::text[]))
    order by p.cohort_id desc limit ${first + 1}`;
  return pageOf(rows.map(pullViewOf), { first, after }, ({ cohortId }) => writeCursor(cohortId));
}

export async function getPull(admin: Deps, cohortId: string): Promise<PullView | CohortNotPulled> {
  return (await findPull(admin, cohortId)) ?? notPulled(cohortId);
}

export async function findPull(admin: Deps, cohortId: string): Promise<PullView | undefined> {
  const [row] = await admin.sql<PullRow[]>`${selectPulls(admin)} where p.cohort_id = ${rowId(cohortId) ?? 0}`;
  return row && pullViewOf(row);
}

/** Begins a pull at once, whatever the schedule says and however the last one failed. */
export async function runCohortPull(
  admin: Pick<Admin, 'sql' | 'wakePull'>,
  cohortId: string,
): Promise<PullView | CohortNotPulled | PullUnderWay> {
  const id = rowId(cohortId) ?? 0;
  const asked =
    await admin.sql`update cohort_pull set due_at = now(), deferral_code = null, deferral_detail = null where cohort_id = ${id} and run_id is null`;
  const pull = await getPull(admin, cohortId);
  if (pull.kind === 'CohortNotPulled') return pull;
  if (asked.count === 1) {
    admin.wakePull(id, 0);
    return pull;
  }
  const since = pull.progress === undefined ? '' : ` since ${pull.progress.startedAt.toISOString()}`;
  return {
    kind: 'PullUnderWay',
    message: `a pull of this cohort is under way${since}; cancel it first to begin anew`,
    pull,
  };
}

/**
 * Ends the pull that is under way. What it fetched is dropped, and the members stay as they are; the next one is made by
 * the schedule. Not possible any more once all members are fetched.
 */
export async function cancelCohortPull(
  admin: Deps,
  cohortId: string,
): Promise<PullView | CohortNotPulled | PullNotUnderWay> {
  const { sql } = admin;
  const cancelled = await sql`
    update cohort_pull p set ${endPull(sql)}, due_at = ${nextDue(sql)}
    from cohort c where c.id = p.cohort_id and p.cohort_id = ${rowId(cohortId) ?? 0} and p.run_id is not null and p.fetched_at is null`;
  const pull = await getPull(admin, cohortId);
  if (cancelled.count === 1 || pull.kind === 'CohortNotPulled') return pull;
  const message =
    pull.state === 'applying'
      ? 'all members are fetched, and the membership is being replaced'
      : 'no pull of this cohort is under way';
  return { kind: 'PullNotUnderWay', message, pull };
}

/** The hub fetches the cohort no more. Its members stay as they are, and nobody says how often it syncs. */
export async function deleteCohortPull(
  admin: Pick<Admin, 'sql' | 'connectors'>,
  cohortId: string,
): Promise<CohortPullDeleted | CohortNotPulled> {
  const { sql } = admin;
  const before = await findPull(admin, cohortId);
  const stopped = await sql`
    with stopped as (
      delete from cohort_pull where cohort_id = ${rowId(cohortId) ?? 0} returning cohort_id
    )
    update cohort c set schedule = null from stopped s where c.id = s.cohort_id`;
  const cohort = await getCohort(admin, cohortId);
  if (stopped.count === 0 || !before || cohort.kind === 'CohortNotFound') return notPulled(cohortId);
  return { kind: 'PullStopped', cohort, pull: before };
}
