import type { PullStep } from '@currents/connector';
import { cohortPull } from '../db/schema.js';
import type { Fragment } from '../db/session.js';
import type { Sql } from '../db/connect.js';
import type { ClaimedStep } from './claimStep.js';
import type { StepProgress } from './storePages.js';
import { nextTry } from '../cohorts/pullSchedule.js';
import { recordStops } from './recordStops.js';

export type Failure = Pick<Extract<PullStep, { readonly outcome: 'failed' }>, 'code' | 'detail' | 'recovery'>;

type StepLease = Pick<ClaimedStep, 'cohortId' | 'lease'>;

/** Ends the lease of a step with these assignments; does nothing when the lease is lost. */
async function release(sql: Sql, { cohortId, lease }: StepLease, assignments: Fragment): Promise<void> {
  await sql`update cohort_pull set lease = null, ${assignments} where cohort_id = ${cohortId} and lease = ${lease}::bigint`;
}

/** Schedules the next step. */
export function continuePull(
  sql: Sql,
  step: ClaimedStep,
  { pages, members }: StepProgress,
  { cursor, afterMs }: { readonly cursor: string; readonly afterMs: number },
): Promise<void> {
  const progress = sql`
    cursor = ${cursor}, cursor_pages = ${pages}, cursor_members = ${members}, progressed_at = now(), attempts = 0,
    due_at = now() + ${afterMs}::float8 * interval '1 millisecond'`;
  return release(sql, step, progress);
}

/** All members are fetched; the pull ends once the membership is replaced. */
export function recordFetched(sql: Sql, step: ClaimedStep): Promise<void> {
  return release(sql, step, sql`fetched_at = now(), progressed_at = now(), attempts = 0, due_at = null`);
}

/** Schedules the same step again. */
export function deferStep(
  sql: Sql,
  step: ClaimedStep,
  { code, detail, dueAtMs }: { readonly code: string; readonly detail: string; readonly dueAtMs: number },
): Promise<void> {
  const due = sql`to_timestamp(${dueAtMs}::float8 / 1000)`;
  const deferral = sql`attempts = attempts + 1, deferral_code = ${code}, deferral_detail = ${detail}, due_at = ${due}`;
  return release(sql, step, deferral);
}

/** Releases a step, for another worker to run at once. */
export function releaseStep(sql: Sql, step: StepLease): Promise<void> {
  return release(sql, step, sql`due_at = now()`);
}

/** A pull that did not begin does not count for the partner's limit of pulls; its step counts. */
export async function refundPull(sql: Sql, { account, countedAtMs }: ClaimedStep): Promise<void> {
  await sql`update pull_usage set pull_times_ms = array_remove(pull_times_ms, ${countedAtMs}::float8) where account = ${account}`;
}

/** What a pull that has ended becomes. Pages that are not applied are dropped later: see `dropOrphanedPages`. */
export const endedPull = {
  runId: null,
  fetchedAt: null,
  cursor: null,
  attempts: 0,
  lease: null,
  deferralCode: null,
  deferralDetail: null,
} as const;

/** SQL: the assignments that end a pull. */
export const endPull = Object.entries(endedPull)
  .map(([name, value]) => `${cohortPull[name as keyof typeof endedPull].name} = ${value}`)
  .join(', ');

/** How often to check again what does not need a request. */
const recheckMinutes = 1;

/** Without the step's lease, a running step loses it. A later version of the Current may have repaired it. */
type FailedPull = Pick<ClaimedStep, 'cohortId' | 'version'> & Partial<Pick<ClaimedStep, 'lease'>>;

/**
 * Ends a pull without a result, and schedules the next one as its recovery allows. That it stops is in the audit log.
 * @param isOwnFault whether no request was made.
 */
export async function failPull(
  sql: Sql,
  { cohortId, lease, version }: FailedPull,
  { code, detail, recovery }: Failure,
  isOwnFault = false,
): Promise<void> {
  await sql`
    with failed as (
      update cohort_pull p set
        ${sql.unsafe(endPull)}, failure_code = ${code}, failure_detail = ${detail}, failure_recovery = ${recovery}, failed_version = ${version},
        failed_at = case when p.failure_code is not distinct from ${code} and ${isOwnFault} then p.failed_at else now() end,
        due_at = case when ${recovery} = 'automatic' then ${sql.unsafe(nextTry)} when ${isOwnFault} then now() + ${recheckMinutes}::int * interval '1 minute' end
      from cohort c, cohort_pull b
      where c.id = p.cohort_id and b.cohort_id = p.cohort_id and p.cohort_id = ${cohortId}
        and (${lease ?? null}::bigint is null or p.lease = ${lease ?? null}::bigint)
      returning p.cohort_id, p.failure_code as code, p.failure_recovery as recovery, b.failure_code as code_before, b.failure_recovery as recovery_before
    )
    ${recordStops(sql, sql`select * from failed`)}`;
}
