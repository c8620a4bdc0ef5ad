import type { Sql } from '../db/connect.js';
import type { SegmentSyncState } from '../segmentExport/syncView.js';

export interface SegmentSyncStatus {
  readonly id: number;
  readonly segmentName: string;
  readonly objectName: string;
  readonly state: SegmentSyncState;
  readonly stateSince: Date;
  readonly blockedCode: string | null;
}

const maxSyncs = 1_000;

/** Syncs of segments, the blocked ones first. */
export async function readSegmentSyncs(sql: Sql): Promise<readonly SegmentSyncStatus[]> {
  return sql<SegmentSyncStatus[]>`
    select y.id, s.name as "segmentName", y.object_name as "objectName", y.state, y.state_since as "stateSince",
      y.blocked_code as "blockedCode"
    from segment_sync y join segment s on s.id = y.segment_id
    where y.state <> 'deleted' order by y.state <> 'blocked', y.id limit ${maxSyncs}`;
}
