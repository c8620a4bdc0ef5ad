import type { Sql } from '../db/connect.js';
import type { Happening } from '../notices/raiseNotice.js';

interface ExpiredChanges {
  readonly id: number;
  readonly segmentName: string;
  readonly day: string;
  readonly changes: number;
  readonly firstAt: Date;
}

const maxListed = 1_000;

/** Entries and exits that expired in the last two days, by webhook and UTC day, of which there is no notice yet. */
export async function expiredChangeNotices(sql: Sql): Promise<readonly Happening[]> {
  const days = await sql<ExpiredChanges[]>`
    select w.id, s.name as "segmentName", e.day, e.changes, e."firstAt"
    from segment_webhook w join segment s on s.id = w.segment_id cross join lateral (
      select expired_at::date as day, sum(change_count)::float8 as changes, min(expired_at) as "firstAt"
      from segment_webhook_expiry where webhook_id = w.id and expired_at >= current_date - 1 group by 1
    ) e
    where w.state <> 'deleted' and not exists (
      select from notice n where n.kind = 'changes_expired' and n.subject = 'SegmentWebhook:' || w.id and n.episode = e.day::text)
    order by w.id, e.day limit ${maxListed}`;
  return days.map(({ id, segmentName, day, changes, firstAt }) => ({
    kind: 'changes_expired',
    severity: 'critical',
    subject: { type: 'SegmentWebhook', key: String(id) },
    episode: day,
    since: firstAt,
    count: changes,
    message: `Entries and exits of the segment "${segmentName}" expired on ${day}, before a webhook received them: ${changes} up to now.`,
    remedy:
      'Repair its receiver, then have it read the present members with GET /v1/segments/{id}/members: what expired is not sent again. The expiries of the webhook say why.',
  }));
}
