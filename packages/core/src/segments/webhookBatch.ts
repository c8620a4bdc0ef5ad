import { randomBytes } from 'node:crypto';
import type { Sql } from '../db/connect.js';
import { memberOf } from '../cohorts/memberKey.js';
import type { FailureReason } from '../circuitBreaker.js';

/** The changes of one request to a webhook. The webhook is leased: no other worker sends to it until the lease expires. */
export interface WebhookBatch {
  readonly webhookId: number;
  readonly lease: string;
  readonly segmentId: number;
  readonly segmentName: string;
  readonly url: string;
  readonly secret: Buffer | null;
  readonly failures: number;
  readonly liveSinceMs: number;
  /** The change after which the batch begins. */
  readonly after: string;
  readonly changes: readonly ChangeRow[];
}

export interface ChangeRow {
  readonly id: string;
  readonly at: Date;
  readonly entered: boolean;
  readonly member: string;
}

/** The most changes in one request. */
const maxBatchChanges = 1_000;

/**
 * Leases a live webhook with the next changes to deliver. A batch stays the same until it is delivered, so that a retry
 * repeats the same request. Undefined when there is nothing to deliver or another worker has the lease.
 */
export async function claimBatch(sql: Sql, webhookId: number, leaseMs: number): Promise<WebhookBatch | undefined> {
  const lease = (randomBytes(8).readBigUInt64BE() >> 1n).toString();
  const [row] = await sql<Row[]>`
    update segment_webhook w set
      lease = ${lease}::bigint, leased_until = now() + ${leaseMs}::int * interval '1 millisecond',
      batch_last_change_id = coalesce(batch_last_change_id, (
        select max(id) from (
          select id from segment_change c where c.segment_id = w.segment_id and c.id > w.delivered_change_id order by id limit ${maxBatchChanges}) next))
    from segment s
    where w.id = ${webhookId} and s.id = w.segment_id and w.state = 'live' and w.secret is not null
      and (w.deferral_until is null or w.deferral_until <= now()) and (w.leased_until is null or w.leased_until <= now())
      and exists (select from segment_change c where c.segment_id = w.segment_id and c.id > w.delivered_change_id)
    returning w.id, w.segment_id, s.name, w.url, w.secret, w.failures, w.live_since, w.delivered_change_id, w.batch_last_change_id`;
  if (!row) return undefined;
  const changes = await sql<ChangeRow[]>`
    select id, at, entered, member from segment_change
    where segment_id = ${row.segment_id} and id > ${row.delivered_change_id}::bigint and id <= ${row.batch_last_change_id}::bigint order by id`;
  return {
    webhookId: row.id,
    lease,
    segmentId: row.segment_id,
    segmentName: row.name,
    url: row.url,
    secret: row.secret,
    failures: row.failures,
    liveSinceMs: row.live_since.getTime(),
    after: row.delivered_change_id,
    changes,
  };
}

interface Row {
  readonly id: number;
  readonly segment_id: number;
  readonly name: string;
  readonly url: string;
  readonly secret: Buffer | null;
  readonly failures: number;
  readonly live_since: Date;
  readonly delivered_change_id: string;
  readonly batch_last_change_id: string | null;
}

/** Records the batch as delivered. Returns false, and records nothing, when the lease was lost. */
export async function recordDelivered(sql: Sql, { webhookId, lease, changes }: WebhookBatch): Promise<boolean> {
  const noted = await sql`
    update segment_webhook set
      delivered_change_id = ${changes.at(-1)?.id ?? 0}::bigint, batch_last_change_id = null, delivered_count = delivered_count + ${changes.length}, last_delivered_at = now(),
      failures = 0, deferral_until = null, deferral_code = null, deferral_detail = null, lease = null, leased_until = null
    where id = ${webhookId} and lease = ${lease}::bigint`;
  return noted.count === 1;
}

/** Reduces the batch to its first half. */
export async function halveBatch(sql: Sql, { webhookId, lease, changes }: WebhookBatch): Promise<void> {
  const middle = changes[Math.ceil(changes.length / 2) - 1] as ChangeRow;
  await sql`
    update segment_webhook set batch_last_change_id = ${middle.id}::bigint, lease = null, leased_until = null
    where id = ${webhookId} and lease = ${lease}::bigint`;
}

export async function holdWebhook(
  sql: Sql,
  { webhookId, lease }: WebhookBatch,
  { code, detail, untilMs }: FailureReason & { readonly untilMs: number },
): Promise<void> {
  await sql`
    update segment_webhook set
      failures = failures + 1, deferral_until = to_timestamp(${untilMs}::float8 / 1000), deferral_code = ${code}, deferral_detail = ${detail},
      lease = null, leased_until = null
    where id = ${webhookId} and lease = ${lease}::bigint`;
}

/** Expires the changes of the batch up to and including `last`. The others begin a new batch. */
export async function expireChanges(
  sql: Sql,
  { webhookId, lease, changes }: WebhookBatch,
  last: ChangeRow,
  { code, detail }: FailureReason,
): Promise<void> {
  const count = changes.indexOf(last) + 1;
  await sql`
    with moved as (
      update segment_webhook set delivered_change_id = ${last.id}::bigint, batch_last_change_id = null, expired_count = expired_count + ${count}, lease = null, leased_until = null
      where id = ${webhookId} and lease = ${lease}::bigint
      returning id
    )
    insert into segment_webhook_expiry (webhook_id, first_change_id, last_change_id, change_count, code, detail)
    select id, ${changes[0]?.id ?? 0}::bigint, ${last.id}::bigint, ${count}, ${code}, ${detail} from moved`;
}

/** The body of the request, with ids as the API has them. */
export function bodyOf({ webhookId, segmentId, segmentName, after, changes }: WebhookBatch): string {
  return JSON.stringify({
    type: 'segment.changes',
    webhookId: `whk_${webhookId}`,
    segment: { id: `seg_${segmentId}`, name: segmentName },
    after,
    cursor: changes.at(-1)?.id,
    changes: changes.map(({ id, at, entered, member }) => ({
      cursor: id,
      at,
      change: entered ? 'entered' : 'left',
      member: memberOf(member),
    })),
  });
}
