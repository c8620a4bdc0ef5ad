import { and, eq, inArray, sql } from 'drizzle-orm';
import type { Admin, Db } from '../admin/admin.js';
import { rowId, type Page, type PageRequest } from '../admin/page.js';
import { inputInvalid, notConfirmed, type InputInvalid, type NotConfirmed, type Problem } from '../admin/problem.js';
import { checkCredentials } from '../currents/settings.js';
import type { TestFailed } from '../currents/testDestination.js';
import { segment, segmentSync } from '../db/schema.js';
import { syncSealContext } from '../loadSync.js';
import { segmentNotEvaluated, type SegmentNotEvaluated } from '../segments/segmentView.js';
import { findSegmentExport } from './createSync.js';
import { actionsOf, getSync, syncNotFound, syncs } from './syncView.js';
import type { SegmentSyncAction, SyncNotFound, SegmentSyncState, SegmentSyncView } from './syncView.js';
import { askStored } from './testSync.js';

/** The action is not possible in the state that the sync is in. */
export type SyncWrongState = Problem<'SegmentSyncWrongState', { allowedActions: readonly SegmentSyncAction[] }>;

export interface SyncDeleted {
  readonly kind: 'SegmentSyncDeleted';
  /** As it was before. */
  readonly segmentSync: SegmentSyncView;
  /** Users at the destination whose values are taken back; 0 without a clean-up. */
  readonly clearedCount: number;
  /** The deletion was only planned: nothing has changed. */
  readonly isDryRun: boolean;
}

/** The syncs of a segment, the newest first. */
export function listSegmentSyncs(admin: Db, segmentId: string, page: PageRequest): Promise<Page<SegmentSyncView>> {
  return syncs.list(admin, page, eq(segmentSync.segmentId, rowId(segmentId) ?? 0));
}

/** Sends all members once, and from then on entries and exits. Tests the destination first. */
export async function launchSync(
  admin: Admin,
  id: string,
): Promise<SegmentSyncView | SyncNotFound | SyncWrongState | SegmentNotEvaluated | TestFailed> {
  const present = await getSync(admin, id);
  if (present.kind === 'SegmentSyncNotFound' || present.state === 'live') return present;
  if (present.state !== 'draft') return wrongState(present, 'launch');
  const tested = await askStored(admin, Number(present.id));
  if (tested.kind !== 'TestPassed') return tested;
  const launched = await admin.db.transaction(async (tx) => {
    const [from] = await tx
      .select({
        lastChangeId: segment.lastChangeId,
        evaluatedAt: segment.evaluatedAt,
        members: sql<number>`(${segment.externalIds} + ${segment.deviceIds} + ${segment.aliases})::float8`,
      })
      .from(segment)
      .where(eq(segment.id, Number(present.segmentId)))
      .for('share');
    // The first evaluation records no entries, so the sync would miss them.
    if (!from || from.evaluatedAt === null) return 'not evaluated';
    return updateSync(tx, id, ['draft'], {
      state: 'live',
      stateSince: sql`now()`,
      changeId: from.lastChangeId,
      ...walkFrom('changed', from.members),
    });
  });
  return launched === 'not evaluated' ? segmentNotEvaluated : getSync(admin, id);
}

function walkFrom(walk: 'changed' | 'all' | 'clear', total: number) {
  return { walk, walkAfter: '', walkCount: 0, walkTotal: total };
}

/** Nothing is sent until it is resumed. Pausing twice is harmless. */
export async function pauseSync(admin: Db, id: string): Promise<SegmentSyncView | SyncNotFound | SyncWrongState> {
  await updateSync(admin.db, id, ['live', 'blocked'], {
    state: 'paused',
    stateSince: sql`now()`,
    blockedCode: null,
    blockedDetail: null,
    probeAt: null,
  });
  const view = await getSync(admin, id);
  return view.kind === 'SegmentSync' && view.state === 'draft' ? wrongState(view, 'pause') : view;
}

/** Goes on where it was paused or blocked, at once. Resuming twice is harmless. */
export async function resumeSync(admin: Db, id: string): Promise<SegmentSyncView | SyncNotFound | SyncWrongState> {
  await updateSync(admin.db, id, ['paused', 'blocked'], {
    state: 'live',
    stateSince: sql`now()`,
    failures: 0,
    deferralUntil: null,
    deferralCode: null,
    deferralDetail: null,
    blockedCode: null,
    blockedDetail: null,
    probes: 0,
    probeAt: null,
  });
  const view = await getSync(admin, id);
  return view.kind === 'SegmentSync' && view.state === 'draft' ? wrongState(view, 'resume') : view;
}

/** Replaces the credentials, which cannot be undone. A blocked sync is probed with them at once. */
export async function updateSyncCredentials(
  admin: Admin,
  id: string,
  { credentials: given, confirmName }: { readonly credentials: unknown; readonly confirmName: string },
): Promise<SegmentSyncView | SyncNotFound | NotConfirmed | InputInvalid> {
  const present = await getSync(admin, id);
  if (present.kind === 'SegmentSyncNotFound') return present;
  if (confirmName !== present.objectName)
    return notConfirmed('confirmName', present.objectName, '; the former credentials are gone then');
  const segmentExport = findSegmentExport(admin, present.destination);
  if ('problems' in segmentExport) return inputInvalid(segmentExport.problems);
  const checked = checkCredentials(segmentExport, given);
  if ('problems' in checked) return inputInvalid(checked.problems);
  const sealed = admin.seal.seal(JSON.stringify(checked.credentials), syncSealContext(Number(present.id)));
  await updateSync(admin.db, id, ['draft', 'live', 'paused', 'blocked'], {
    credentials: sealed,
    version: sql`${segmentSync.version} + 1`,
    // A worker that holds the lease has the former ones.
    lease: null,
    leasedUntil: null,
    probes: 0,
    probeAt: sql`case when ${segmentSync.state} = 'blocked' then now() end`,
    deferralUntil: null,
  });
  return getSync(admin, id);
}

/** Looks through all members again, unless what was sent is being taken back. */
export async function restartWalk(admin: Db, sync: SegmentSyncView, walk: 'changed' | 'all'): Promise<void> {
  const total = await countMembers(admin, sync);
  await updateSync(
    admin.db,
    sync.id,
    ['live', 'paused', 'blocked'],
    walkFrom(walk, total),
    sql`not ${segmentSync.isClearing}`,
  );
}

/**
 * Deletes a sync and its credentials.
 * @param options.confirmName the exact name of its object; not needed for a dry run, which changes nothing.
 * @param options.isClearing whether to take back first what was sent: the sync is deleted once that is done.
 */
export async function deleteSync(
  admin: Db,
  id: string,
  {
    confirmName,
    isClearing,
    isDryRun,
  }: { readonly confirmName?: string | undefined; readonly isClearing: boolean; readonly isDryRun: boolean },
): Promise<SyncDeleted | SyncNotFound | NotConfirmed> {
  const present = await getSync(admin, id);
  if (present.kind === 'SegmentSyncNotFound') return present;
  const clears = isClearing && present.state !== 'draft';
  const clearedCount = clears ? await countHeld(admin, present) : 0;
  if (!isDryRun) {
    if (confirmName !== present.objectName) {
      const consequence = clears
        ? `; the values of ${clearedCount} users are taken back first`
        : '; what the destination holds stays there';
      return notConfirmed('confirmName', present.objectName, consequence);
    }
    const isDone = await updateSync(
      admin.db,
      id,
      isClearing && !clears ? ['draft'] : ['draft', 'live', 'paused', 'blocked'],
      clears
        ? { isClearing: true, ...walkFrom('clear', clearedCount) }
        : { state: 'deleted', stateSince: sql`now()`, credentials: null, probeAt: null },
    );
    // Launched or deleted meanwhile: look again.
    if (!isDone) return deleteSync(admin, id, { confirmName, isClearing, isDryRun });
    if (clears && present.state === 'paused') await resumeSync(admin, id);
  }
  return { kind: 'SegmentSyncDeleted', segmentSync: present, clearedCount, isDryRun };
}

async function countHeld({ db }: Db, { id }: SegmentSyncView): Promise<number> {
  const [row] = await db.execute<{ n: number }>(
    sql`select count(*)::int as n from segment_sync_member where sync_id = ${Number(id)} and is_member and state <> 'refused'`,
  );
  return row?.n ?? 0;
}

async function countMembers({ db }: Db, { segmentId }: SegmentSyncView): Promise<number> {
  const [row] = await db.execute<{ n: number }>(
    sql`select (external_ids + device_ids + aliases)::float8 as n from segment where id = ${Number(segmentId)}`,
  );
  return row?.n ?? 0;
}

export function wrongState(view: SegmentSyncView, action: SegmentSyncAction): SyncWrongState {
  const allowedActions = actionsOf(view.state, view.isClearing);
  const message = `expected a sync that allows ${action}, got one that is ${view.isClearing ? 'being cleared' : view.state}; allowed now: ${allowedActions.join(', ')}`;
  return { kind: 'SegmentSyncWrongState', message, allowedActions };
}

export { syncNotFound };

/** Updates a sync that is in one of the states; false if there is none. */
async function updateSync(
  db: Pick<Admin['db'], 'update'>,
  id: string,
  states: readonly SegmentSyncState[],
  set: Parameters<ReturnType<Admin['db']['update']>['set']>[0],
  condition = sql`true`,
): Promise<boolean> {
  const updated = await db
    .update(segmentSync)
    .set(set)
    .where(and(eq(segmentSync.id, rowId(id) ?? 0), inArray(segmentSync.state, [...states]), condition))
    .returning({ id: segmentSync.id });
  return updated.length === 1;
}
