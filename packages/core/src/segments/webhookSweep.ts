import { nextProbeAt } from '../probeTimes.js';
import type { DeliverChangesDeps } from './deliverChanges.js';
import { webhookSealContext } from './manageWebhooks.js';
import { sendWebhook } from './webhookRequest.js';

type Deps = Pick<DeliverChangesDeps, 'sql' | 'http' | 'seal' | 'log' | 'windowMs'>;

/** Webhooks that have something to be told now. */
export async function findDueWebhooks({ sql }: Pick<Deps, 'sql'>): Promise<readonly number[]> {
  const rows = await sql<{ id: number }[]>`
    select w.id from segment_webhook w
    where w.state = 'live' and w.secret is not null
      and (w.deferral_until is null or w.deferral_until <= now()) and (w.leased_until is null or w.leased_until <= now())
      and exists (select from segment_change c where c.segment_id = w.segment_id and c.id > w.delivered_change_id)
    order by w.id`;
  return rows.map(({ id }) => id);
}

/** Asks blocked webhooks whether they would take something again, with a request that tells nothing. */
export async function probeBlockedWebhooks({ sql, http, seal, log }: Deps): Promise<void> {
  const due = await sql<{ id: number; url: string; secret: Buffer | null; probes: number }[]>`
    update segment_webhook set probes = probes + 1, probe_at = ${nextProbeAt(sql)}
    where id in (select id from segment_webhook where state = 'blocked' and probe_at <= now() for update skip locked)
    returning id, url, secret, probes`;
  for (const { id, url, secret, probes } of due) {
    let opened: string;
    try {
      opened = seal.open(secret ?? Buffer.alloc(0), webhookSealContext(id));
    } catch {
      continue;
    }
    const body = JSON.stringify({ type: 'ping', webhookId: String(id) });
    const { outcome } = await sendWebhook(http, {
      url,
      secret: opened,
      deliveryId: `${id}-ping-${probes}`,
      body,
      nowMs: Date.now(),
    });
    log.info({ event: 'webhook.probed', webhook: id, probe: probes, outcome });
    if (outcome !== 'delivered') continue;
    await sql`
      update segment_webhook set state = 'live', state_since = now(), blocked_code = null, blocked_detail = null, probes = 0, probe_at = null
      where id = ${id} and state = 'blocked'`;
  }
}

/** A blocked webhook keeps what it was not told for the retry window, counted from when it happened or it was last resumed. */
export async function expireBlockedWebhooks({ sql, log, windowMs }: Deps): Promise<void> {
  const hours = Math.round((windowMs / 3_600_000) * 100) / 100;
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
      ${`kept for the whole retry window of ${hours} h while the webhook was blocked: `}::text || coalesce(blocked_detail, '')
    from moved returning webhook_id, change_count as changes, code`;
  for (const { webhook_id: webhook, changes, code } of expired) {
    log.error(
      { event: 'webhook.expired', webhook, changes, code },
      'a blocked webhook was not told of entries and exits within their window',
    );
  }
}
