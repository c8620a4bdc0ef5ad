import { createProber, expiredWhileBlocked } from '../circuitBreaker.js';
import { openSecrets } from './formerSecret.js';
import { openSecret, type DeliverChangesDeps } from './deliverChanges.js';
import { formerSecret, isDue } from './webhookBatch.js';
import { sendWebhook } from './webhookRequest.js';

type Deps = Pick<DeliverChangesDeps, 'sql' | 'http' | 'seal' | 'log' | 'clock' | 'windowMs'>;

/** The webhooks that are due: see `isDue`. */
export async function findDueWebhooks({ sql }: Pick<Deps, 'sql'>): Promise<readonly number[]> {
  const rows = await sql<{ id: number }[]>`
    select w.id from segment_webhook w where ${sql.unsafe(isDue)} order by w.id`;
  return rows.map(({ id }) => id);
}

/** Probes blocked webhooks by a request without changes. */
export function createWebhookProber({ sql, http, seal, log, clock }: Omit<Deps, 'windowMs'>) {
  return createProber({
    sql,
    log,
    table: 'segment_webhook',
    subject: 'webhook',
    isPassed: (outcome) => outcome === 'delivered',
    async probe(id, probes) {
      const [row] = await sql<{ url: string; secret: Buffer | null; formerSecret: Buffer | null }[]>`
        select url, secret, ${sql.unsafe(formerSecret)} as "formerSecret" from segment_webhook w where id = ${id}`;
      const secrets = row && openSecrets((sealed) => openSecret(seal, id, sealed), row);
      if (!row || secrets === undefined || secrets instanceof Error) return undefined;
      const body = JSON.stringify({ type: 'ping', webhookId: `whk_${id}` });
      const deliveryId = `${id}-ping-${probes}`;
      return sendWebhook(http, { url: row.url, secrets, deliveryId, body, nowMs: clock.now() });
    },
  });
}

/** Expires the changes of blocked webhooks whose retry window is over. It starts at the change or when the webhook was last resumed. */
export async function expireBlockedWebhooks({
  sql,
  log,
  windowMs,
}: Pick<Deps, 'sql' | 'log' | 'windowMs'>): Promise<void> {
  const expired = await sql<{ webhook_id: number; changes: string; code: string }[]>`
    with waiting as (
      select id, segment_id, delivered_change_id from segment_webhook w
      where state = 'blocked' and live_since < now() - ${windowMs}::float8 * interval '1 millisecond'
        and (select at from segment_change c where c.segment_id = w.segment_id and c.id > w.delivered_change_id order by c.id limit 1)
          < now() - ${windowMs}::float8 * interval '1 millisecond'
    ), overdue as (
      select w.id, min(c.id) as first_id, max(c.id) as last_id, count(*) as changes
      from waiting w join segment_change c on c.segment_id = w.segment_id and c.id > w.delivered_change_id
      where c.at < now() - ${windowMs}::float8 * interval '1 millisecond'
      group by w.id
    ), moved as (
      update segment_webhook w set delivered_change_id = o.last_id, batch_last_change_id = null, expired_count = expired_count + o.changes
      from overdue o where w.id = o.id and w.state = 'blocked' and w.delivered_change_id < o.first_id
      returning w.id, o.first_id, o.last_id, o.changes, w.blocked_code, w.blocked_detail
    )
    insert into segment_webhook_expiry (webhook_id, first_change_id, last_change_id, change_count, code, detail)
    select id, first_id, last_id, changes, coalesce(blocked_code, 'blocked'),
      ${expiredWhileBlocked('webhook', windowMs)}::text || coalesce(blocked_detail, '')
    from moved returning webhook_id, change_count as changes, code`;
  for (const { webhook_id: webhook, changes, code } of expired) {
    log.error({ event: 'webhook.expired', webhook, changes, code }, 'changes of a blocked webhook expired');
  }
}
