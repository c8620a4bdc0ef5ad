import type { Sql } from '../db/connect.js';
import type { SegmentSyncState } from '../segmentExport/syncView.js';

export interface SegmentSyncStatus {
  readonly id: number;
  readonly segmentName: string;
  readonly objectName: string;
  readonly state: SegmentSyncState;
  readonly stateSince: Date;
  readonly blockedCode: string | null;
  /** Since when every request of a live sync has failed; null when it has nothing to send. */
  readonly failingSince: Date | null;
  /** Why nothing is sent for now. */
  readonly deferralCode: string | null;
  readonly deferralDetail: string | null;
}

const maxSyncs = 1_000;

/** Syncs of segments, the blocked ones first. */
export async function readSegmentSyncs(sql: Sql): Promise<readonly SegmentSyncStatus[]> {
  return sql<SegmentSyncStatus[]>`
    select y.id, s.name as "segmentName", y.object_name as "objectName", y.state, y.state_since as "stateSince",
      y.blocked_code as "blockedCode", y.deferral_code as "deferralCode", y.deferral_detail as "deferralDetail",
      case when y.state = 'live' and y.failures > 0 and (y.walk is not null
        or exists (select from segment_sync_member m where m.sync_id = y.id and m.due_at is not null)
        or exists (select from segment_change c where c.segment_id = y.segment_id and c.id > y.change_id)
      ) then greatest(y.failing_since, y.state_since) end as "failingSince"
    from segment_sync y join segment s on s.id = y.segment_id
    where y.state <> 'deleted' order by y.state <> 'blocked', y.id limit ${maxSyncs}`;
}
