import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import type { Db } from '../admin/admin.js';
import { rowId } from '../admin/page.js';
import type { Problem } from '../admin/problem.js';
import { job, type JobState } from '../db/schema.js';
import { findJobs, jobNotFound, type JobNotFound, type JobView } from './jobs.js';

/** The job has ended, or ends because it was cancelled. */
export type JobFinished = Problem<'JobFinished', { state: JobState }>;

/**
 * Stops a job until it is resumed, through restarts of all processes. It loses its lease at once, so a step under way
 * cannot be committed; it is done again after `resumeJob`. A paused job stays as it is.
 */
export async function pauseJob({ db }: Db, id: string): Promise<JobView | JobNotFound | JobFinished> {
  await db
    .update(job)
    .set({ state: 'paused', lease: null })
    .where(and(isJob(id), inArray(job.state, ['queued', 'running']), isNull(job.cancelRequestedAt)));
  const view = (await findJobs({ db }, [id]))[0];
  if (!view) return jobNotFound;
  return view.state === 'paused' ? view : finished('pause', view);
}

/** Lets a paused job go on from its last step, in any process. One that is not paused stays as it is. */
export async function resumeJob({ db }: Db, id: string): Promise<JobView | JobNotFound | JobFinished> {
  await db
    .update(job)
    .set({ state: 'queued', attempts: 0, dueAt: sql`now()` })
    .where(and(isJob(id), eq(job.state, 'paused')));
  const view = (await findJobs({ db }, [id]))[0];
  if (!view) return jobNotFound;
  const goesOn = (view.state === 'queued' || view.state === 'running') && !view.isCancelRequested;
  return goesOn ? view : finished('resume', view);
}

const isJob = (id: string) => eq(job.id, rowId(id) ?? 0);

function finished(action: string, { state, isCancelRequested }: JobView): JobFinished {
  const got = isCancelRequested ? 'one that was cancelled' : `one that is ${state}`;
  return { kind: 'JobFinished', message: `expected a job to ${action} that has not ended, got ${got}`, state };
}
