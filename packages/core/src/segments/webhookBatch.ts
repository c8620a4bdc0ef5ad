import type { Sql } from '../db/connect.js';
import { memberOf } from '../cohorts/memberKey.js';
import type { FailureReason } from '../circuitBreaker.js';
import type { Fragment } from '../db/session.js';

/** The changes of one request to a webhook. The webhook is leased: no other worker sends to it until the lease expires. */
export interface WebhookBatch {
  readonly webhookId: number;
  readonly lease: string;
  readonly segmentId: number;
  readonly segmentName: string;
  readonly url: string;
  readonly secret: Buffer | null;
  /** Null unless it signs, too. */
  readonly formerSecret: Buffer | null;
  readonly failures: number;
  readonly liveSince: Date;
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

/** SQL: a webhook `w` is live, has changes to deliver, and is neither held nor leased. */
export const isDue = `w.state = 'live' and w.secret is not null
  and (w.deferral_until is null or w.deferral_until <= now()) and (w.leased_until is null or w.leased_until <= now())
  and exists (select from segment_change c where c.segment_id = w.segment_id and c.id > w.delivered_change_id)`;

/** SQL: the former secret of a webhook `w`, while it signs. */
export const formerSecret = 'case when w.former_until > now() then w.former_secret end';

/** The most changes in one request. */
const maxBatchChanges = 1_000;

/**
 * Leases a live webhook with the next changes to deliver. A batch stays the same until it is delivered, so that a retry
 * repeats the same request. Undefined when there is nothing to deliver or another worker has the lease.
 */
export async function claimBatch(
  sql: Sql,
  webhookId: number,
  { lease, leaseMs }: Pick<WebhookBatch, 'lease'> & { readonly leaseMs: number },
): Promise<WebhookBatch | undefined> {
  const [row] = await sql<(Omit<WebhookBatch, 'changes'> & { last: string | null })[]>`
    update segment_webhook w set
      lease = ${lease}::bigint, leased_until = now() + ${leaseMs}::int * interval '1 millisecond',
      batch_last_change_id = coalesce(batch_last_change_id, (
        select max(id) from (
          select id from segment_change c where c.segment_id = w.segment_id and c.id > w.delivered_change_id order by id limit ${maxBatchChanges}) next))
    from segment s
    where w.id = ${webhookId} and s.id = w.segment_id and ${sql.unsafe(isDue)}
    returning w.id as "webhookId", w.lease, w.segment_id as "segmentId", s.name as "segmentName", w.url, w.secret,
      ${sql.unsafe(formerSecret)} as "formerSecret", w.failures,
      w.live_since as "liveSince", w.delivered_change_id as after, w.batch_last_change_id as last`;
  if (!row) return undefined;
  const { last, ...batch } = row;
  const changes = await sql<ChangeRow[]>`
    select id, at, entered, member from segment_change
    where segment_id = ${batch.segmentId} and id > ${batch.after}::bigint and id <= ${last}::bigint order by id`;
  return { ...batch, changes };
}

type BatchLease = Pick<WebhookBatch, 'webhookId' | 'lease'>;

/** Ends the lease of a batch with these assignments; does nothing when the lease was lost. */
function release(sql: Sql, { webhookId, lease }: BatchLease, assignments: Fragment) {
  return sql`
    update segment_webhook set ${assignments}, lease = null, leased_until = null
    where id = ${webhookId} and lease = ${lease}::bigint`;
}

/** Leaves the batch as it is, for any worker to send. */
export async function releaseBatch(sql: Sql, batch: BatchLease): Promise<void> {
  await release(sql, batch, sql`batch_last_change_id = batch_last_change_id`);
}

/** Records the batch as delivered. Returns false, and records nothing, when the lease was lost. */
export async function recordDelivered(sql: Sql, batch: WebhookBatch): Promise<boolean> {
  const { changes } = batch;
  const delivered = sql`
    delivered_change_id = ${changes.at(-1)?.id ?? 0}::bigint, batch_last_change_id = null, delivered_count = delivered_count + ${changes.length}, last_delivered_at = now(),
    failures = 0, deferral_until = null, deferral_code = null, deferral_detail = null`;
  return (await release(sql, batch, delivered)).count === 1;
}

/** Reduces the batch to its first half. */
export async function halveBatch(sql: Sql, batch: WebhookBatch): Promise<void> {
  const middle = batch.changes[Math.ceil(batch.changes.length / 2) - 1] as ChangeRow;
  await release(sql, batch, sql`batch_last_change_id = ${middle.id}::bigint`);
}

export async function holdWebhook(
  sql: Sql,
  batch: WebhookBatch,
  { code, detail, untilMs }: FailureReason & { readonly untilMs: number },
): Promise<void> {
  const until = sql`to_timestamp(${untilMs}::float8 / 1000)`;
  const held = sql`failures = failures + 1, deferral_until = ${until}, deferral_code = ${code}, deferral_detail = ${detail}`;
  await release(sql, batch, held);
}

/** Expires the changes of the batch up to and including `last`. The others begin a new batch. */
export async function expireChanges(
  sql: Sql,
  batch: WebhookBatch,
  last: ChangeRow,
  { code, detail }: FailureReason,
): Promise<void> {
  const { changes } = batch;
  const count = changes.indexOf(last) + 1;
  const expired = sql`delivered_change_id = ${last.id}::bigint, batch_last_change_id = null, expired_count = expired_count + ${count}`;
  await sql`
    with moved as (${release(sql, batch, expired)} returning id)
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
