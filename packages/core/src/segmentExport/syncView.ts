import { getTableColumns, ne, sql } from 'drizzle-orm';
import type { Db } from '../admin/admin.js';
import { collection } from '../admin/collection.js';
import { ofStoredWord } from '../admin/storedWord.js';
import type { Problem } from '../admin/problem.js';
import { segmentSync } from '../db/schema.js';

export type SegmentSyncState = Exclude<typeof segmentSync.$inferSelect.state, 'deleted'>;
export type SegmentSyncAction = 'launch' | 'pause' | 'resume' | 'update' | 'resend' | 'check' | 'delete';
export type SegmentSyncWalk = NonNullable<typeof segmentSync.$inferSelect.walk>;

/** A segment that is held at a destination. */
export type SegmentSyncView = Readonly<ReturnType<typeof syncViewOf>>;

export type SyncNotFound = Problem<'SegmentSyncNotFound'>;
export const syncNotFound: SyncNotFound = {
  kind: 'SegmentSyncNotFound',
  message: 'there is no segment sync with this id',
};

const syncColumns = {
  ...getTableColumns(segmentSync),
  /** Changes in requests. */
  inFlightCount: sql<number>`(select coalesce(sum(cardinality(r.entered) + cardinality(r.gone)), 0)::int from segment_sync_request r
    where r.sync_id = segment_sync.id)`,
  /** Users to look at again, and changes that are not taken up. */
  waitingCount: sql<number>`(select count(*)::int from segment_sync_member m where m.sync_id = segment_sync.id and m.due_at is not null)
    + (select count(*)::int from segment_change c where c.segment_id = segment_sync.segment_id and c.id > segment_sync.change_id
      and segment_sync.state <> 'draft' and not segment_sync.is_clearing)`,
};

type Row = typeof segmentSync.$inferSelect & { readonly inFlightCount: number; readonly waitingCount: number };

/** All syncs that are not deleted. */
export const syncs = collection({
  select: ({ db }: Db) => db.select(syncColumns).from(segmentSync),
  id: segmentSync.id,
  isVisible: ne(segmentSync.state, 'deleted'),
  viewOf: syncViewOf,
});

/** Syncs by their ids, in the order of the ids. */
export const findSyncsOfSegments = syncs.find;

export async function getSync(admin: Db, id: string): Promise<SegmentSyncView | SyncNotFound> {
  return (await findSyncsOfSegments(admin, [id]))[0] ?? syncNotFound;
}

const actions: Readonly<Record<SegmentSyncState, readonly SegmentSyncAction[]>> = {
  draft: ['launch', 'update', 'delete'],
  live: ['pause', 'update', 'resend', 'check', 'delete'],
  paused: ['resume', 'update', 'resend', 'check', 'delete'],
  blocked: ['pause', 'resume', 'update', 'resend', 'check', 'delete'],
};

export function actionsOf(state: SegmentSyncState, isClearing: boolean): readonly SegmentSyncAction[] {
  const allowed = ofStoredWord(actions, state) ?? [];
  return isClearing ? allowed.filter((action) => action !== 'resend' && action !== 'check') : allowed;
}

function syncViewOf(row: Row) {
  // Deleted ones are never selected.
  const state = row.state as SegmentSyncState;
  const { deferralUntil: until, deferralCode, deferralDetail } = row;
  return {
    kind: 'SegmentSync' as const,
    id: String(row.id),
    segmentId: String(row.segmentId),
    destination: row.destination,
    settings: row.settings as Readonly<Record<string, unknown>>,
    /** Where its members are written to. */
    account: row.account,
    objectName: row.objectName,
    state,
    stateSince: row.stateSince,
    allowedActions: actionsOf(state, row.isClearing),
    /** Why nothing is sent for now, and until when. */
    deferral:
      state === 'blocked' || until === null || deferralCode === null
        ? undefined
        : { until, code: deferralCode, detail: deferralDetail ?? '' },
    /** Why it is blocked. */
    block:
      state === 'blocked'
        ? { code: row.blockedCode ?? '', detail: row.blockedDetail ?? '', nextProbeAt: row.probeAt ?? undefined }
        : undefined,
    /** How far all members are looked through; undefined when they are not. */
    progress: row.walk === null ? undefined : { kind: row.walk, doneCount: row.walkCount, totalCount: row.walkTotal },
    /** Whether what was sent is being taken back, after which it is deleted. */
    isClearing: row.isClearing,
    /** changeCount = deliveredCount + refusedCount + returnedCount + inFlightCount, at any time. */
    changeCount: row.changeCount,
    deliveredCount: row.deliveredCount,
    refusedCount: row.refusedCount,
    /** Changes that were not accepted and are sent again. */
    returnedCount: row.returnedCount,
    inFlightCount: row.inFlightCount,
    waitingCount: row.waitingCount,
    requestCount: row.requestCount,
    lastDeliveredAt: row.lastDeliveredAt ?? undefined,
    /** When all members had last been looked through. */
    syncedAt: row.syncedAt ?? undefined,
    createdAt: row.createdAt,
    version: row.version,
  };
}
