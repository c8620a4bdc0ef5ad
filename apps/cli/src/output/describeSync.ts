import type { SyncDetails } from '../hub/findSync.js';
import { fields } from './table.js';
import { time } from './time.js';

/** What a first sync takes, or to send members again. */
export interface SyncPlan {
  readonly objectName: string;
  readonly memberCount: number;
  readonly requestCount: number;
  readonly durationMs: number;
  readonly cost: { readonly count: number; readonly unit: string } | null;
  readonly sampledCount: number;
  readonly sampledRefusals: readonly { readonly code: string; readonly count: number; readonly description: string }[];
  readonly example?: unknown;
}

export function describeSync(sync: SyncDetails): string {
  const { block, deferral, progress } = sync;
  return [
    fields({
      id: sync.id,
      name: sync.objectName,
      destination: sync.destination,
      account: sync.account,
      segment: sync.segment && `${sync.segment.name} (${sync.segment.id})`,
      state: `${sync.state} since ${time(sync.stateSince)}${sync.isClearing ? ', being cleared' : ''}`,
      block: block && `${block.code}: ${block.detail}`,
      deferral: deferral && `${deferral.code} until ${time(deferral.until)}: ${deferral.detail}`,
      progress: progress && `${progress.doneCount} of ${progress.totalCount} users looked at (${progress.kind})`,
      'looked through': time(sync.syncedAt),
      'last delivered': time(sync.lastDeliveredAt),
      settings: sync.settings && JSON.stringify(sync.settings),
      created: time(sync.createdAt),
      'possible actions': sync.allowedActions.map((action) => action.toLowerCase()).join(', '),
    }),
    '',
    fields({
      changes: sync.changeCount,
      delivered: sync.deliveredCount,
      refused: sync.refusedCount,
      returned: sync.returnedCount,
      'in flight': sync.inFlightCount,
      waiting: sync.waitingCount,
      requests: sync.requestCount,
    }),
  ].join('\n');
}

export function describeSyncPlan({ cost, sampledRefusals, ...plan }: SyncPlan): string {
  return [
    fields({
      name: plan.objectName,
      members: plan.memberCount,
      requests: plan.requestCount,
      'seconds, estimated': Math.ceil(plan.durationMs / 1_000),
      ...(cost && { [cost.unit]: cost.count }),
      example: plan.example === undefined ? undefined : JSON.stringify(plan.example),
    }),
    ...sampledRefusals.map(
      ({ code, count, description }) => `refused: ${count} of ${plan.sampledCount} looked at: ${code}: ${description}`,
    ),
  ].join('\n');
}
