import type { Admin } from '../admin/admin.js';
import { notConfirmed, type InputInvalid, type NotConfirmed } from '../admin/problem.js';
import { compareMembers } from './compareMembers.js';
import { restartWalk, wrongState, type SyncWrongState } from './manageSyncs.js';
import { planSync, type SegmentSyncPlan } from './planSync.js';
import { getSync, syncNotFound, type SegmentSyncView, type SyncNotFound } from './syncView.js';

export type ResendMode = 'changed' | 'all';

export interface SyncResent {
  readonly kind: 'SegmentSyncResent';
  readonly segmentSync: SegmentSyncView;
  /** What it takes; only of a dry run. */
  readonly plan: SegmentSyncPlan | undefined;
  /** It was only planned: nothing has changed. */
  readonly isDryRun: boolean;
}

/** SQL: how many users `decideChange` sends. The walk comes to members, and to all of whom something was sent. */
const userCounts: Readonly<Record<ResendMode, string>> = {
  changed: `count(*) filter (
    where m.member is null or (s.member is not null) <> m.is_member or m.state = 'pending')::int as "userCount"`,
  all: `count(*)::int as "userCount"`,
};

/**
 * Looks through all members again, and sends those that differ from what was sent, or all of them: after the destination
 * has lost something. A dry run says what it takes; it rejects with `QuestionRefused` when that cannot be counted in time.
 * @param options.confirmName the exact name of its object; not needed for a dry run, which changes nothing.
 */
export async function resendSync(
  admin: Admin,
  id: string,
  {
    mode,
    isDryRun,
    confirmName,
  }: { readonly mode: ResendMode; readonly isDryRun: boolean; readonly confirmName?: string | undefined },
): Promise<SyncResent | SyncNotFound | SyncWrongState | NotConfirmed | InputInvalid> {
  const present = await getSync(admin, id);
  if (present.kind === 'SegmentSyncNotFound') return present;
  if (!present.allowedActions.includes('resend')) return wrongState(present, 'resend');
  if (isDryRun) {
    const { userCount } = await compareMembers<{ userCount: number }>(admin, present, userCounts[mode]);
    const plan = await planSync(admin, { ...present, syncId: present.id, userCount });
    if (plan.kind === 'InputInvalid') return plan;
    if (plan.kind !== 'SegmentSyncPlan') return syncNotFound;
    return { kind: 'SegmentSyncResent', segmentSync: present, plan, isDryRun };
  }
  if (confirmName !== present.objectName)
    return notConfirmed('confirmName', present.objectName, '; the destination may charge for each user that is sent');
  await restartWalk(admin, present, mode);
  const segmentSync = await getSync(admin, id);
  if (segmentSync.kind === 'SegmentSyncNotFound') return segmentSync;
  return { kind: 'SegmentSyncResent', segmentSync, plan: undefined, isDryRun };
}
