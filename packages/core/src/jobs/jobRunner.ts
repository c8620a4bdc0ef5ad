import { randomInt } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Logger } from 'pino';
import type { Admin, Queries } from '../admin/admin.js';
import { job } from '../db/schema.js';
import { isOutage } from '../process/lostConnections.js';
import { startPeriodic } from '../process/periodic.js';
import { exponentialBackoffMs } from '../retry.js';
import { createCheck, createJob, findJobs, isFinished, type JobView } from './jobs.js';
import { checkOperations, jobOperations, operationOf, type JobInputs, type JobOperation } from './operations.js';

export type JobRunner = ReturnType<typeof startJobRunner>;

/** Jobs that one process runs at once, so that a long one does not delay a short one. Each may hold a connection. */
const maxRunning = 3;
/** Jobs that were created in another process, or left by one that died, are found this often. */
const pollMs = 5_000;
const leaseSeconds = 10;
/** How often a job renews its lease and looks whether it was cancelled or paused. */
const heartbeatMs = 500;
/** A step that fails so often in a row fails the job, unless the database was at fault: outages end, and jobs outlast them. */
const maxAttempts = 5;
const outageMs = 1_000;
const backoff = { firstMs: 500, maxMs: 10_000 };
const waitStepMs = 50;

/** The job was cancelled or paused, or another process runs it by now. */
class JobLost extends Error {}

/** Runs the jobs of all processes of the api, in this one as in every other. */
export function startJobRunner({
  admin,
  log,
  answerMs = 1_000,
}: {
  readonly admin: Admin;
  readonly log: Pick<Logger, 'warn' | 'error'>;
  /** The answer of a mutation waits so long for its job to end. */
  readonly answerMs?: number | undefined;
}) {
  const running = new Map<number, { readonly abort: AbortController; readonly ended: Promise<void> }>();
  let stopped = false;
  const periodic = startPeriodic(log as Logger, 'jobs.claim_failed', pollMs, claimAll);

  async function claimAll(): Promise<void> {
    while (running.size < maxRunning && !stopped) {
      const row = await claim(admin);
      if (!row) return;
      const abort = new AbortController();
      const ended = run(row, abort).finally(() => {
        running.delete(row.id);
        if (!stopped) periodic.runNow();
      });
      running.set(row.id, { abort, ended });
    }
  }

  /** Never rejects. */
  async function run(row: ClaimedJob, abort: AbortController): Promise<void> {
    const heartbeat = setInterval(() => {
      beat(admin, row).then(
        (isOurs) => isOurs || abort.abort(),
        // The lease lasts a while longer.
        () => undefined,
      );
    }, heartbeatMs);
    try {
      const restMs = await runSteps(admin, row, abort.signal);
      if (restMs !== undefined) setTimeout(() => stopped || periodic.runNow(), restMs).unref();
    } catch (error) {
      await giveBack(error, row, abort.signal).catch((cause: unknown) =>
        log.warn({ event: 'job.release_failed', jobId: row.id, err: cause }, 'another process takes over a job later'),
      );
    } finally {
      clearInterval(heartbeat);
    }
  }

  async function giveBack(error: unknown, row: ClaimedJob, { aborted }: AbortSignal): Promise<void> {
    const isOurs = and(eq(job.id, row.id), eq(job.lease, row.lease));
    if (error instanceof JobLost || aborted) {
      await admin.db
        .update(job)
        .set({
          lease: null,
          dueAt: sql`now()`,
          state: sql`case when ${job.cancelRequestedAt} is null then 'running' else 'cancelled' end`,
          finishedAt: sql`case when ${job.cancelRequestedAt} is not null then now() end`,
        })
        .where(isOurs);
      return;
    }
    const fields = { event: 'job.step_failed', jobId: row.id, operation: row.operation, err: error };
    const [present] = await admin.db.select({ attempts: job.attempts }).from(job).where(isOurs);
    const wasOutage = isOutage(error);
    if (present && (wasOutage || present.attempts < maxAttempts)) {
      log.warn(fields, 'a step of a job failed; it is repeated');
      const afterMs = wasOutage ? outageMs : exponentialBackoffMs(present.attempts, backoff);
      await admin.db
        .update(job)
        .set({
          lease: null,
          dueAt: sql`now() + ${afterMs} * interval '1 millisecond'`,
          ...(wasOutage && { attempts: present.attempts - 1 }),
        })
        .where(isOurs);
      setTimeout(() => periodic.runNow(), afterMs).unref();
      return;
    }
    log.error(fields, 'a step of a job failed again and again; the job has ended');
    const message = 'an internal error; the log of the api explains it under the id of this job';
    await admin.db
      .update(job)
      .set({ state: 'failed', error: message, lease: null, finishedAt: sql`now()` })
      .where(isOurs);
  }

  return {
    /**
     * Creates a job, or finds the check that waits for the same, and waits for its end for `answerMs`, so that the
     * result of a short one needs no second request. Whether or not the caller is still there, the job goes on.
     */
    async create<Name extends JobOperation>(
      operation: Name,
      input: JobInputs[Name],
      adminTokenId: string | undefined,
    ): Promise<JobView> {
      const create = operationOf(operation).isCheck === true ? createCheck : createJob;
      let view = await create(admin, operation, input, adminTokenId);
      periodic.runNow();
      const untilMs = performance.now() + answerMs;
      while (!isFinished(view) && performance.now() < untilMs) {
        await wait(waitStepMs);
        view = (await findJobs(admin, [view.id]))[0] ?? view;
      }
      return view;
    },
    /** Looks for jobs now: one was cancelled or created. */
    wake: () => periodic.runNow(),
    /** Ends the step under way of each job; another process goes on with them. */
    async stop() {
      stopped = true;
      await periodic.stop();
      for (const { abort } of running.values()) abort.abort();
      await Promise.all([...running.values()].map(({ ended }) => ended));
    },
  };
}

type ClaimedJob = typeof job.$inferSelect & { readonly lease: string; readonly operation: JobOperation };

/**
 * Leases a job that is due: a new one, or one whose process has died; one that acts before all that only check. What a
 * later release adds waits for its process.
 */
async function claim({ db }: Pick<Admin, 'db'>): Promise<ClaimedJob | undefined> {
  const lease = String(randomInt(1, 2 ** 47));
  const due = sql`(
    select id from job where state in ('queued', 'running') and due_at <= now() and ${inArray(job.operation, [...jobOperations])}
    order by ${inArray(job.operation, checkOperations)}, due_at, id limit 1 for update skip locked)`;
  const [row] = await db
    .update(job)
    .set({
      lease,
      state: 'running',
      attempts: sql`${job.attempts} + 1`,
      startedAt: sql`coalesce(${job.startedAt}, now())`,
      dueAt: sql`now() + ${leaseSeconds} * interval '1 second'`,
      // The speed of a job that rests between its steps is that since it began, or was resumed.
      claimedAt: sql`case when ${isRested} then ${job.claimedAt} else now() end`,
      claimedDoneCount: sql`case when ${isRested} then ${job.claimedDoneCount} else ${job.doneCount} end`,
    })
    .where(eq(job.id, due))
    .returning();
  return row && { ...row, lease, operation: row.operation as JobOperation };
}

const isRested = sql`${job.state} = 'running' and ${job.attempts} = 0`;

/** Renews the lease. False when it is lost, as after a pause, or the job is cancelled. */
async function beat({ db }: Pick<Admin, 'db'>, { id, lease }: ClaimedJob): Promise<boolean> {
  const [row] = await db
    .update(job)
    .set({ dueAt: sql`now() + ${leaseSeconds} * interval '1 second'` })
    .where(and(eq(job.id, id), eq(job.lease, lease)))
    .returning({ cancelRequestedAt: job.cancelRequestedAt });
  return row !== undefined && row.cancelRequestedAt === null;
}

/** Returns how long the job rests, in milliseconds; undefined when it is done. */
async function runSteps(admin: Admin, row: ClaimedJob, signal: AbortSignal): Promise<number | undefined> {
  const operation = operationOf(row.operation);
  const { start, step, doneCount, result } = operation;
  const input = row.input as never;
  const isOurs = and(eq(job.id, row.id), eq(job.lease, row.lease));
  const update = async (tx: Queries, values: Partial<typeof job.$inferInsert>): Promise<void> => {
    const updated = await tx.update(job).set(values).where(isOurs).returning({ id: job.id });
    if (updated.length === 0) throw new JobLost();
  };
  const save = (tx: Queries, saved: never): Promise<void> =>
    update(tx, { progress: saved, doneCount: doneCount(saved), attempts: 1, progressedAt: sql`now()` as never });

  if (row.cancelRequestedAt !== null) throw new JobLost();
  if (row.attempts > maxAttempts) throw new Error(`the process ended in each of ${maxAttempts} attempts at a step`);
  let progress = row.progress as never;
  if (progress === null) {
    const started = await start(admin, input);
    await update(admin.db, { progress: started.progress, totalCount: started.totalCount });
    progress = started.progress;
  }
  for (;;) {
    if (signal.aborted) throw new JobLost();
    const next = await step(admin, input, progress, save, signal, String(row.id));
    if (next === undefined) break;
    progress = next;
    const restMs = operation.restMs?.(progress) ?? 0;
    if (restMs > 0) {
      const dueAt = sql`now() + ${restMs} * interval '1 millisecond'` as never;
      await update(admin.db, { lease: null, attempts: 0, dueAt });
      return restMs;
    }
  }
  await update(admin.db, {
    state: 'done',
    result: result(progress, input),
    doneCount: doneCount(progress),
    lease: null,
    finishedAt: sql`now()` as never,
  });
  return undefined;
}
