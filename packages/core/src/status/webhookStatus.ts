import type { Sql } from '../db/connect.js';
import type { WebhookState } from '../segments/webhookView.js';

export interface WebhookStatus {
  readonly id: number;
  readonly segmentName: string;
  readonly state: WebhookState;
  readonly stateSince: Date;
  readonly blockedCode: string | null;
  /** Up to 100,000. */
  readonly pendingCount: number;
  /** When the first of them happened. */
  readonly oldestPendingAt: Date | null;
  /** Why nothing is sent for now. */
  readonly deferralCode: string | null;
  readonly deferralDetail: string | null;
}

const maxWebhooks = 1_000;
const maxPendingChanges = 100_000;

/** Webhooks with the changes that they are still to receive, the blocked ones first. */
export async function readWebhooks(sql: Sql): Promise<readonly WebhookStatus[]> {
  return sql<WebhookStatus[]>`
    select w.id, s.name as "segmentName", w.state, w.state_since as "stateSince", w.blocked_code as "blockedCode",
      (select count(*)::int from (
        select from segment_change c where c.segment_id = w.segment_id and c.id > w.delivered_change_id limit ${maxPendingChanges}
      ) pending) as "pendingCount",
      (select at from segment_change c where c.segment_id = w.segment_id and c.id > w.delivered_change_id order by c.id limit 1)
        as "oldestPendingAt",
      w.deferral_code as "deferralCode", w.deferral_detail as "deferralDetail"
    from segment_webhook w join segment s on s.id = w.segment_id
    where w.state <> 'deleted' order by w.state <> 'blocked', w.id limit ${maxWebhooks}`;
}
