import type { FailureReason } from '../circuitBreaker.js';
import type { Sql } from '../db/connect.js';
import type { NoticeKind } from './noticeKinds.js';

/** A notice as it is sent. */
export interface SentNotice {
  readonly id: string;
  readonly kind: NoticeKind;
  readonly severity: 'critical' | 'warning' | 'info';
  readonly subject: string;
  readonly since: Date | null;
  readonly eventCount: number | null;
  readonly message: string;
  readonly remedy: string;
  readonly raisedAt: Date;
}

/** A message that this worker sends: no other does until its lease expires. */
export interface ClaimedMessage {
  readonly id: string;
  readonly key: string;
  readonly lease: string;
  readonly channel: 'mail' | 'webhook';
  readonly recipient: string;
  readonly webhookId: number | null;
  /** With this one. */
  readonly attempts: number;
  readonly createdAt: Date;
  /** The first of them, in the order in which they were raised. */
  readonly notices: readonly SentNotice[];
  readonly noticeCount: number;
}

/** A mail lists so many notices, and says how many there are beside. */
const maxListed = 50;
/** Messages sent at once by one worker. */
const maxClaimed = 8;

const isDue = `m.state in ('gathering', 'ready') and m.due_at <= now() and (
  m.webhook_id is null or exists (select from notice_webhook w where w.id = m.webhook_id and w.state = 'live'))`;

/** SQL: a message has to be sent. */
export const hasDueMessage = `exists (select from notice_message m where ${isDue})`;

/**
 * Leases due messages. From now on a mail gathers nothing, so a repetition after a crash is the same.
 * @param leaseMs longer than one attempt may take.
 */
export async function claimMessages(
  sql: Sql,
  { lease, leaseMs }: Pick<ClaimedMessage, 'lease'> & { readonly leaseMs: number },
): Promise<readonly ClaimedMessage[]> {
  const claimed = await sql<Omit<ClaimedMessage, 'notices' | 'noticeCount'>[]>`
    update notice_message m set
      state = 'ready', attempts = attempts + 1, lease = ${lease}::bigint, due_at = now() + ${leaseMs}::int * interval '1 millisecond'
    where id in (
      select id from notice_message m where ${sql.unsafe(isDue)} order by due_at limit ${maxClaimed} for update skip locked)
    returning id, key, lease, channel, recipient, webhook_id as "webhookId", attempts, created_at as "createdAt"`;
  return Promise.all(
    claimed.map(async (message) => {
      const rows = await sql<(SentNotice & { readonly total: number })[]>`
        select n.id, n.kind, n.severity, n.subject, n.since, n.event_count::float8 as "eventCount", n.message, n.remedy,
          n.raised_at as "raisedAt", (count(*) over ())::int as total
        from notice_message_item i join notice n on n.id = i.notice_id
        where i.message_id = ${message.id}::bigint order by n.id limit ${maxListed}`;
      return { ...message, notices: rows, noticeCount: rows[0]?.total ?? 0 };
    }),
  );
}

/** Makes messages that were claimed, and not sent, due at once. */
export async function releaseMessages(sql: Sql, lease: string): Promise<void> {
  await sql`update notice_message set lease = null, due_at = now(), attempts = attempts - 1 where state = 'ready' and lease = ${lease}::bigint`;
}

export async function recordSent(
  sql: Sql,
  { id, lease }: ClaimedMessage,
  transport: 'smtp' | 'log' | 'http',
): Promise<void> {
  await sql`
    update notice_message set state = 'sent', lease = null, transport = ${transport}, sent_at = now(), failure_code = null, failure_detail = null
    where id = ${id}::bigint and lease = ${lease}::bigint`;
}

/** Sends it again at this time. */
export async function deferMessage(
  sql: Sql,
  { id, lease }: ClaimedMessage,
  { code, detail, dueAtMs }: FailureReason & { readonly dueAtMs: number },
): Promise<void> {
  await sql`
    update notice_message set lease = null, due_at = to_timestamp(${dueAtMs}::float8 / 1000), failure_code = ${code}, failure_detail = ${detail}
    where id = ${id}::bigint and lease = ${lease}::bigint`;
}

export async function failMessage(
  sql: Sql,
  { id, lease }: Pick<ClaimedMessage, 'id' | 'lease'>,
  { code, detail }: FailureReason,
): Promise<void> {
  await sql`
    update notice_message set state = 'failed', lease = null, failure_code = ${code}, failure_detail = ${detail}
    where id = ${id}::bigint and lease = ${lease}::bigint`;
}

/** Ends the messages of webhooks that were deleted, or blocked for the whole retry window. */
export async function failUndeliverable(sql: Sql, windowMs: number): Promise<void> {
  await sql`
    update notice_message m set state = 'failed', lease = null,
      failure_code = coalesce(w.blocked_code, w.state), failure_detail = coalesce(w.blocked_detail, 'the webhook is ' || w.state)
    from notice_webhook w
    where w.id = m.webhook_id and m.state = 'ready' and (w.state = 'deleted' or (
      w.state = 'blocked' and m.created_at < now() - ${windowMs}::float8 * interval '1 millisecond'))`;
}

/** Ends notices whose messages are all sent or given up: sent if one of them was. */
export async function closeNotices(sql: Sql): Promise<void> {
  await sql`
    update notice n set state = case when exists (
        select from notice_message_item i join notice_message m on m.id = i.message_id where i.notice_id = n.id and m.state = 'sent')
      then 'sent' else 'failed' end
    where n.state = 'pending' and not exists (
      select from notice_message_item i join notice_message m on m.id = i.message_id
      where i.notice_id = n.id and m.state in ('gathering', 'ready'))`;
}

/** Notices are kept for a year, those of states that last even longer. */
export async function pruneNotices(sql: Sql): Promise<void> {
  await sql`delete from notice where raised_at < now() - interval '365 days' and not (is_alarm and ended_at is null)`;
  await sql`
    delete from notice_message m where state in ('sent', 'failed')
      and not exists (select from notice_message_item i where i.message_id = m.id)`;
}
