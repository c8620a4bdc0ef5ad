import type { PullStep } from '@currents/connector';
import type { Queries } from '../db/session.js';
import type { Sql } from '../db/connect.js';
import type { ClaimedStep } from './claimStep.js';
import type { StepProgress } from './storePages.js';
import { nextTry } from '../cohorts/pullSchedule.js';

export type Recovery = Extract<PullStep, { readonly outcome: 'failed' }>['recovery'];

export interface Failure {
  readonly code: string;
  readonly detail: string;
  readonly recovery: Recovery;
}

/*
 * Results of a step. Each is one statement, and changes nothing if the step's lease is lost.
 */

/** Schedules the next step. */
export async function continuePull(
  sql: Sql,
  { cohortId, lease }: ClaimedStep,
  progress: StepProgress,
  next: { readonly cursor: string; readonly afterMs: number },
): Promise<void> {
  await sql`
    update cohort_pull set
      cursor = ${next.cursor}, cursor_pages = ${progress.pages}, cursor_members = ${progress.members}, progressed_at = now(), attempts = 0, lease = null,
      due_at = now() + ${next.afterMs}::float8 * interval '1 millisecond'
    where cohort_id = ${cohortId} and lease = ${lease}::bigint`;
}

/** All members are fetched; the pull ends once the membership is replaced. */
export async function recordFetched(sql: Sql, { cohortId, lease }: ClaimedStep): Promise<void> {
  await sql`
    update cohort_pull set fetched_at = now(), progressed_at = now(), attempts = 0, lease = null, due_at = null
    where cohort_id = ${cohortId} and lease = ${lease}::bigint`;
}

/** Schedules the same step again. */
export async function deferStep(
  sql: Sql,
  { cohortId, lease }: ClaimedStep,
  why: { readonly code: string; readonly detail: string; readonly dueAtMs: number },
): Promise<void> {
  await sql`
    update cohort_pull set
      lease = null, attempts = attempts + 1, deferral_code = ${why.code}, deferral_detail = ${why.detail}, due_at = to_timestamp(${why.dueAtMs}::float8 / 1000)
    where cohort_id = ${cohortId} and lease = ${lease}::bigint`;
}

/** Releases a step, for another worker to run at once. */
export async function releaseStep(sql: Sql, { cohortId, lease }: ClaimedStep): Promise<void> {
  await sql`update cohort_pull set lease = null, due_at = now() where cohort_id = ${cohortId} and lease = ${lease}::bigint`;
}

/** A pull that did not begin does not count for the partner's limit of pulls; its step counts. */
export async function refundPull(sql: Sql, { account, countedAtMs }: ClaimedStep): Promise<void> {
  await sql`update pull_usage set pull_times_ms = array_remove(pull_times_ms, ${countedAtMs}::float8) where account = ${account}`;
}

/** The assignments that end a pull. Pages that are not applied are dropped later: see `dropOrphanedPages`. */
export function endPull(sql: Queries) {
  return sql`run_id = null, fetched_at = null, cursor = null, attempts = 0, lease = null, deferral_code = null, deferral_detail = null`;
}

/** How often to check again what does not need a request. */
const recheckMinutes = 1;

export interface FailureOf {
  readonly cohortId: number;
  /** The step's lease; without one, a running step loses its lease. */
  readonly lease?: string;
  /** The version of the Current: a later one may have repaired it. */
  readonly version: number;
  /** No request was made. */
  readonly ownFault?: boolean;
}

/** Ends a pull without a result, and schedules the next one as its recovery allows. */
export async function failPull(
  sql: Sql,
  { cohortId, lease, version, ownFault = false }: FailureOf,
  { code, detail, recovery }: Failure,
): Promise<void> {
  await sql`
    update cohort_pull p set
      ${endPull(sql)}, failure_code = ${code}, failure_detail = ${detail}, failure_recovery = ${recovery}, failed_version = ${version},
      failed_at = case when p.failure_code is not distinct from ${code} and ${ownFault} then p.failed_at else now() end,
      due_at = case when ${recovery} = 'automatic' then ${nextTry(sql)} when ${ownFault} then now() + ${recheckMinutes}::int * interval '1 minute' end
    from cohort c
    where c.id = p.cohort_id and p.cohort_id = ${cohortId} and (${lease ?? null}::bigint is null or p.lease = ${lease ?? null}::bigint)`;
}
