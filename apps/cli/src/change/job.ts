import { fields } from '../output/table.js';
import { time } from '../output/time.js';

/** What a job did, or would do; which counts there are depends on its operation. */
export interface JobResult {
  readonly __typename: string;
  readonly eventCount?: number;
  readonly deliveryCount?: number;
  readonly permanentCount?: number;
  readonly unreadableCount?: number;
  readonly deliveredCount?: number;
  readonly skippedCount?: number;
  readonly rejectedCount?: number;
  readonly expiredCount?: number;
  readonly pendingCount?: number;
  readonly cancelledCount?: number;
  readonly stillRefused?: readonly { readonly code: string; readonly detail: string; readonly eventCount: number }[];
  readonly plan?: {
    readonly byteCount: number;
    readonly estimatedMs: number;
    readonly skippedCount: number;
    readonly rejectedCount: number;
    readonly recognisedCount: number;
    readonly repeatedCount: number;
    readonly warnings: readonly { readonly message: string }[];
  } | null;
}

export interface Job {
  readonly id: string;
  readonly operation: string;
  readonly state: 'QUEUED' | 'RUNNING' | 'PAUSED' | 'DONE' | 'FAILED' | 'CANCELLED';
  readonly isDryRun: boolean;
  readonly doneCount: number;
  readonly totalCount: number | null;
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly estimatedEndAt: string | null;
  readonly error: string | null;
  readonly reason: string | null;
  readonly result: JobResult | null;
  readonly resultSoFar: JobResult | null;
}

/** How far a job is, such as `40 of 100`. */
export function progressOf({ doneCount, totalCount }: Job): string {
  return totalCount === null ? `${doneCount}` : `${doneCount} of ${totalCount}`;
}

export function describeJob(job: Job): string {
  const result = job.result ?? job.resultSoFar;
  return [
    `${job.id}  ${job.operation}${job.isDryRun ? ', a dry run' : ''}`,
    fields({
      state: job.state,
      progress: progressOf(job),
      created: time(job.createdAt),
      started: time(job.startedAt),
      finished: time(job.finishedAt),
      'ends about': time(job.estimatedEndAt),
      reason: job.reason,
      error: job.error,
    }),
    ...(result ? [describeResult(result)] : []),
  ].join('\n');
}

/** The counts of a result, a line each; those of things that did not happen are left out. */
export function describeResult({ plan, stillRefused = [], ...result }: JobResult): string {
  const positive = (count: number | undefined) => (count ? count : undefined);
  return [
    fields({
      events: result.eventCount,
      'still refused': positive(stillRefused.reduce((sum, { eventCount }) => sum + eventCount, 0)),
      delivered: positive(result.deliveredCount),
      skipped: positive(result.skippedCount),
      rejected: positive(result.rejectedCount),
      expired: positive(result.expiredCount),
      pending: positive(result.pendingCount),
      cancelled: positive(result.cancelledCount),
      unreadable: positive(result.unreadableCount),
      'refused again for certain': positive(result.permanentCount),
      ...(plan && {
        bytes: plan.byteCount,
        'seconds, estimated': Math.ceil(plan.estimatedMs / 1_000),
        'to be skipped': positive(plan.skippedCount),
        'to be rejected': positive(plan.rejectedCount),
        'recognised as repeated': positive(plan.recognisedCount),
        'counted again': positive(plan.repeatedCount),
      }),
    }),
    ...stillRefused.map(({ code, detail, eventCount }) => `refused: ${eventCount} ${code}: ${detail}`),
    ...(plan?.warnings ?? []).map(({ message }) => `warning: ${message}`),
  ].join('\n');
}
