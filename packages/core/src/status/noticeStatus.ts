import type { Sql } from '../db/connect.js';

/** Mails and requests with notices. */
export interface NoticeMessageStatus {
  /** Those that are not sent yet and not given up, by channel. */
  readonly pendingCounts: Readonly<Record<'mail' | 'webhook', number>>;
  /** When the oldest of them was made; null when there is none. */
  readonly oldestPendingAt: Date | null;
  /** Those that were made in the last day and given up. */
  readonly failedCount: number;
}

export async function readNoticeMessages(sql: Sql): Promise<NoticeMessageStatus> {
  const [row] = await sql<{ mails: number; requests: number; oldestPendingAt: Date | null; failedCount: number }[]>`
    select count(*) filter (where state <> 'failed' and channel = 'mail')::float8 as mails,
      count(*) filter (where state <> 'failed' and channel = 'webhook')::float8 as requests,
      min(created_at) filter (where state <> 'failed') as "oldestPendingAt",
      count(*) filter (where state = 'failed')::float8 as "failedCount"
    from notice_message
    where state in ('gathering', 'ready') or (state = 'failed' and created_at > now() - interval '1 day')`;
  const { mails = 0, requests = 0, oldestPendingAt = null, failedCount = 0 } = row ?? {};
  return { pendingCounts: { mail: mails, webhook: requests }, oldestPendingAt, failedCount };
}
