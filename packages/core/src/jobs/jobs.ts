import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import { advisoryLocks } from '../db/advisoryLocks.js';
import { job, type JobState } from '../db/schema.js';
import type { Admin, Db, Queries } from '../admin/admin.js';
import { collection } from '../admin/collection.js';
import { rowId, type Page, type PageRequest } from '../admin/page.js';
import type { Problem } from '../admin/problem.js';
import { jobOperations, operationOf, type JobInputs, type JobOperation } from './operations.js';

export type JobView = ReturnType<typeof viewOf>;

export type JobNotFound = Problem<'JobNotFound'>;

export const jobNotFound: JobNotFound = { kind: 'JobNotFound', message: 'there is no job with this id' };

/** A job that no process has begun yet. */
export async function createJob<Name extends JobOperation>(
  { db }: { readonly db: Queries },
  operation: Name,
  input: JobInputs[Name],
  adminTokenId: string | undefined,
): Promise<JobView> {
  const values = { operation, input, adminTokenId: adminTokenId === undefined ? null : Number(adminTokenId) };
  const [row] = await db.insert(job).values(values).returning();
  return viewOf(row as Row);
}

/**
 * A job that only checks something: the one that waits for the same already, or a new one. Repeated calls add no work, so a
 * token that may only read cannot fill the queue.
 */
export async function createCheck<Name extends JobOperation>(
  { db }: Db,
  operation: Name,
  input: JobInputs[Name],
  adminTokenId: string | undefined,
): Promise<JobView> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${advisoryLocks.checkJobs}::bigint)`);
    const isSame = and(
      eq(job.operation, operation),
      eq(job.state, 'queued'),
      sql`${job.input} = ${JSON.stringify(input)}::text::jsonb`,
    );
    const [waiting] = await tx.select().from(job).where(isSame).limit(1);
    return waiting ? viewOf(waiting) : createJob({ db: tx }, operation, input, adminTokenId);
  });
}

/** Ends a job: at once if it is queued or paused, otherwise before its next step. What it has done stays done. */
export async function cancelJob({ db }: Db, id: string): Promise<JobView | JobNotFound> {
  const isJob = eq(job.id, rowId(id) ?? 0);
  await db
    .update(job)
    .set({
      cancelRequestedAt: sql`now()`,
      state: sql`case ${job.state} when 'running' then 'running' else 'cancelled' end`,
      finishedAt: sql`case ${job.state} when 'running' then null else now() end`,
    })
    .where(and(isJob, sql`${job.state} in ('queued', 'running', 'paused')`, isNull(job.cancelRequestedAt)));
  return (await findJobs({ db }, [id]))[0] ?? jobNotFound;
}

interface JobFilter {
  readonly state?: JobState | undefined;
  readonly operation?: JobOperation | undefined;
}

/** A later release that runs beside this one may have stored jobs with operations of its own. */
const isKnown = inArray(job.operation, [...jobOperations]);

const all = collection({ select: ({ db }: Db) => db.select().from(job), id: job.id, isVisible: isKnown, viewOf });

/** The newest first. */
export function listJobs(admin: Db, page: PageRequest, { state, operation }: JobFilter = {}): Promise<Page<JobView>> {
  const condition = and(
    state === undefined ? undefined : eq(job.state, state),
    operation === undefined ? undefined : eq(job.operation, operation),
  );
  return all.list(admin, page, condition);
}

/** The jobs with these ids, in order; undefined for each that does not exist. */
export const findJobs = all.find;

/** Deletes jobs that ended before the retention period. */
export async function pruneJobs({ sql: query }: Pick<Admin, 'sql'>, retentionDays: number): Promise<void> {
  await query`delete from job where finished_at < now() - make_interval(days => ${retentionDays}::int)`;
}

type Row = typeof job.$inferSelect;

/** An admin operation that may take long. */
function viewOf({ id, adminTokenId, ...row }: Row) {
  const operation = row.operation as JobOperation;
  const { isDryRun, reason } = row.input as { readonly isDryRun?: boolean; readonly reason?: string };
  return {
    kind: 'Job' as const,
    id: String(id),
    operation,
    isDryRun: isDryRun === true,
    /** Why it was asked for, as the admin said. */
    reason,
    state: row.state,
    /** Counted in what the operation reads: events, dead letters, deliveries of a ledger, or members of a cohort. */
    doneCount: row.doneCount,
    /** Undefined until it has begun. */
    totalCount: row.totalCount ?? undefined,
    /** What it did, or would do in a dry run, once it is done. */
    result: row.result === null ? undefined : { ...row.result, operation },
    /** What it has done so far; undefined until it has begun. */
    resultSoFar:
      row.progress === null
        ? undefined
        : { ...operationOf(operation).result(row.progress as never, row.input as never), operation },
    /** Why it failed. */
    error: row.error ?? undefined,
    isCancelRequested: row.cancelRequestedAt !== null,
    adminTokenId: adminTokenId === null ? undefined : String(adminTokenId),
    createdAt: row.createdAt,
    startedAt: row.startedAt ?? undefined,
    progressedAt: row.progressedAt ?? undefined,
    estimatedEndAt: estimateEnd(row),
    finishedAt: row.finishedAt ?? undefined,
  };
}

/** At the speed since a process began to work on it last. Undefined while nothing was done since then. */
function estimateEnd({
  state,
  totalCount,
  doneCount,
  claimedAt,
  claimedDoneCount,
  progressedAt,
}: Omit<Row, 'id' | 'adminTokenId'>) {
  if (state !== 'running' || totalCount === null || claimedAt === null || progressedAt === null) return undefined;
  const done = doneCount - (claimedDoneCount ?? 0);
  const elapsedMs = progressedAt.getTime() - claimedAt.getTime();
  if (done <= 0 || elapsedMs <= 0) return undefined;
  return new Date(progressedAt.getTime() + (Math.max(0, totalCount - doneCount) / done) * elapsedMs);
}

/** Whether nothing can change its state. */
export function isFinished({ state }: Pick<JobView, 'state'>): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled';
}
