import { and, eq, getTableColumns, sql } from 'drizzle-orm';
import type { Db } from '../admin/admin.js';
import { cohort, cohortPull, partnerCohort } from '../db/schema.js';

/**
 * `waiting`: no pull is running. `running`: members are being fetched, or the next step is deferred. `applying`: all
 * members are fetched and the membership is being replaced. `failed`: the last pull failed and changed no members.
 */
export type PullState = 'waiting' | 'running' | 'applying' | 'failed';
export type PullAction = 'run' | 'cancel' | 'delete';

/** How the hub pulls a cohort from its partner. Its id is the cohort's: a cohort has at most one pull. */
export type PullView = Readonly<ReturnType<typeof pullViewOf>>;
export type PullFailure = NonNullable<PullView['failure']>;

/** Where a pull stands, as `PullState`. */
export const pullState = sql<PullState>`case
  when ${cohortPull.fetchedAt} is not null then 'applying'
  when ${cohortPull.runId} is not null then 'running'
  when ${cohortPull.failureCode} is not null then 'failed'
  else 'waiting' end`;

/** Pulls with what their views need of the cohort and of the partner's last list. */
export function selectPulls({ db }: Db) {
  return db
    .select({
      ...getTableColumns(cohortPull),
      id: cohortPull.cohortId,
      state: pullState,
      schedule: cohort.schedule,
      expectedMemberCount: sql<number | null>`coalesce(${cohortPull.total}, ${partnerCohort.size})::float8`,
    })
    .from(cohortPull)
    .innerJoin(cohort, eq(cohort.id, cohortPull.cohortId))
    .leftJoin(
      partnerCohort,
      and(eq(partnerCohort.currentId, cohortPull.currentId), eq(partnerCohort.partnerId, cohort.partnerId)),
    )
    .$dynamic();
}

type Row = Awaited<ReturnType<typeof selectPulls>>[number];

const actions: Readonly<Record<PullState, readonly PullAction[]>> = {
  waiting: ['run', 'delete'],
  running: ['cancel', 'delete'],
  applying: ['delete'],
  failed: ['run', 'delete'],
};

export function pullViewOf(row: Row) {
  const isDue = row.runId === null && (row.failureRecovery === null || row.failureRecovery === 'automatic');
  return {
    kind: 'CohortPull' as const,
    id: String(row.cohortId),
    cohortId: String(row.cohortId),
    /** The Current whose settings and credentials are used. */
    currentId: String(row.currentId),
    schedule: row.schedule ?? undefined,
    state: row.state,
    allowedActions: actions[row.state],
    progress: progressOf(row),
    deferral: deferralOf(row),
    failure: failureOf(row),
    lastStartedAt: row.startedAt ?? undefined,
    lastSuccessAt: row.lastSuccessAt ?? undefined,
    /** When the next pull starts; undefined while one is running, and where none is scheduled. */
    nextDueAt: (isDue && row.dueAt) || undefined,
    createdAt: row.createdAt,
  };
}

/** Progress of the running pull. Members are valid or not, duplicates included; the partner may give its own count. */
function progressOf({ runId, startedAt, pages, members, expectedMemberCount }: Row) {
  if (runId === null || startedAt === null) return undefined;
  return { startedAt, pageCount: pages, memberCount: members, expectedMemberCount: expectedMemberCount ?? undefined };
}

/** Why the next step, or the next pull, is later than planned. */
function deferralOf({ deferralCode, deferralDetail, dueAt }: Row) {
  if (deferralCode === null || dueAt === null) return undefined;
  return { until: dueAt, code: deferralCode, detail: deferralDetail ?? '' };
}

function failureOf({ failureCode, failureDetail, failureRecovery, failedAt }: Row) {
  if (failureCode === null || failureRecovery === null || failedAt === null) return undefined;
  return { code: failureCode, detail: failureDetail ?? '', recovery: failureRecovery, failedAt };
}
