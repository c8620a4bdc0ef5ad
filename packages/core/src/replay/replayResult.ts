import type { Deduplication } from '@currents/connector';
import type { Db } from '../admin/admin.js';
import { addCounts, readOpen, type ReplayCounts } from './openDeliveries.js';
import type { EventReplay, ReplayEventsProgress } from './replayEvents.js';
import { estimateMs, type EstimateBasis, type PlannedCurrent } from './replayPlan.js';

/** What to know before a replay is run. */
export type ReplayWarningCode =
  | 'current_not_live'
  | 'cannot_be_mapped'
  | 'no_event_types'
  | 'not_retained'
  | 'counted_twice'
  | 'discarded'
  | 'sent_in_vain'
  | 'unreadable';

export interface ReplayWarning {
  readonly code: ReplayWarningCode;
  readonly message: string;
}

/** What a dry run says at its end, beside its counts. JSON. */
export interface ReplayVerdict {
  readonly estimatedMs: number;
  readonly basis: EstimateBasis;
  readonly deduplication?: Deduplication | undefined;
  readonly warnings: readonly ReplayWarning[];
}

/** @param isLive whether the Current sends at this moment. */
export function verdictOf(
  progress: ReplayEventsProgress,
  planned: PlannedCurrent | undefined,
  isLive: boolean,
): ReplayVerdict {
  const { eventCount, plan, perSecond } = progress;
  const estimate = planned ? estimateMs(eventCount, plan, planned, perSecond) : { ms: 0, basis: 'limits' as const };
  const deduplication = planned?.connector.deduplication;
  return {
    estimatedMs: estimate.ms,
    basis: estimate.basis,
    ...(deduplication && { deduplication }),
    warnings: warningsOf(progress, planned, isLive),
  };
}

function warningsOf(
  { types, plan, retainedFromMs, unreadableCount }: ReplayEventsProgress,
  planned: PlannedCurrent | undefined,
  isLive: boolean,
): readonly ReplayWarning[] {
  const warnings: ReplayWarning[] = [];
  const warn = (code: ReplayWarningCode, message: string): void => void warnings.push({ code, message });
  if (!isLive) warn('current_not_live', 'the Current is not live; what is replayed waits until it is');
  if (!planned) warn('cannot_be_mapped', 'the Current cannot be used with its settings, so its events were not mapped');
  if (types.length === 0) warn('no_event_types', 'the Current selects none of these event types');
  if (retainedFromMs !== undefined)
    warn('not_retained', `nothing from before ${new Date(retainedFromMs).toISOString()} is still stored`);
  if (plan.repeatedCount > 0)
    warn(
      'counted_twice',
      `the destination accepted ${plan.repeatedCount} of these events before, and would count them again`,
    );
  if (plan.discardedCount)
    warn('discarded', `an admin has discarded ${plan.discardedCount} of these events; they would be sent nevertheless`);
  const inVain = plan.skippedCount + plan.rejectedCount;
  if (inVain > 0)
    warn('sent_in_vain', `${inVain} of these events would not be sent, for reasons in the events themselves`);
  if (unreadableCount > 0) warn('unreadable', `${unreadableCount} stored events cannot be read, and are left out`);
  return warnings;
}

/** What a replay did so far, or would do. `open` is for `withOpen`. */
export type EventReplayResult = ReturnType<typeof replayResult>;

export function replayResult(progress: ReplayEventsProgress, { isDryRun }: Pick<EventReplay, 'isDryRun'>) {
  const { eventCount, deliveryCount, unreadableCount, counts, open, plan, verdict } = progress;
  const { byteCount, skippedCount, rejectedCount, recognisedCount, repeatedCount, discardedCount = 0 } = plan;
  const events = { byteCount, skippedCount, rejectedCount, recognisedCount, repeatedCount, discardedCount };
  return {
    eventCount,
    deliveryCount,
    unreadableCount,
    ...named({ ...counts, pending: isDryRun ? 0 : eventCount - finalCount(counts) }),
    open,
    ...(isDryRun && verdict && { plan: { ...events, ...verdict } }),
  };
}

function named({ delivered, skipped, rejected, expired, cancelled, pending }: ReplayCounts) {
  return {
    deliveredCount: delivered,
    skippedCount: skipped,
    rejectedCount: rejected,
    expiredCount: expired,
    cancelledCount: cancelled,
    pendingCount: pending,
  };
}

function finalCount({ delivered, skipped, rejected, expired, cancelled }: ReplayCounts): number {
  return delivered + skipped + rejected + expired + cancelled;
}

/** A result with what became of the deliveries that were open when it was stored: the job may rest, or have been cancelled. */
export async function withOpen({ db }: Db, result: EventReplayResult): Promise<EventReplayResult> {
  if (result.open.length === 0) return result;
  const { finished, unfinished, open } = await readOpen(db, result.open);
  const counts = named(addCounts(finished, unfinished));
  return {
    ...result,
    deliveredCount: result.deliveredCount + counts.deliveredCount,
    skippedCount: result.skippedCount + counts.skippedCount,
    rejectedCount: result.rejectedCount + counts.rejectedCount,
    expiredCount: result.expiredCount + counts.expiredCount,
    cancelledCount: result.cancelledCount + counts.cancelledCount,
    pendingCount: counts.pendingCount,
    open,
  };
}
