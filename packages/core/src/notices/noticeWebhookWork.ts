import { randomUUID } from 'node:crypto';
import type { Http } from '@currents/connector';
import type { Logger } from 'pino';
import { block, createProber } from '../circuitBreaker.js';
import type { Sql } from '../db/connect.js';
import type { DatabaseClock } from '../db/databaseClock.js';
import { openSecrets } from '../segments/formerSecret.js';
import type { Seal } from '../secrets/seal.js';
import type { ClaimedMessage } from './noticeMessages.js';
import { noticeBody, openNoticeSecret, pingBody, sendNoticeWebhook } from './noticeWebhookRequest.js';
import type { MessageVerdict } from './sendMessages.js';

export interface NoticeWebhookDeps {
  readonly sql: Sql;
  readonly http: Http;
  readonly seal: Seal;
  readonly log: Logger;
  readonly clock: Pick<DatabaseClock, 'now'>;
}

interface Row {
  readonly url: string;
  readonly secret: Buffer | null;
  /** Null unless it signs, too. */
  readonly formerSecret: Buffer | null;
}

const readWebhook = async (sql: Sql, id: number): Promise<Row | undefined> =>
  (
    await sql<Row[]>`
      select url, secret, case when former_until > now() then former_secret end as "formerSecret"
      from notice_webhook where id = ${id} and state <> 'deleted'`
  )[0];

/** Sends a message to its webhook. One that refuses every request is blocked, and its messages wait for it. */
export async function sendToNoticeWebhook(
  { sql, http, seal, log, clock }: NoticeWebhookDeps,
  { key, webhookId, notices: [notice] }: ClaimedMessage,
): Promise<MessageVerdict> {
  const row = webhookId === null ? undefined : await readWebhook(sql, webhookId);
  if (!row || webhookId === null || !notice)
    return { outcome: 'failed', code: 'deleted', detail: 'the webhook is deleted' };
  const secrets = openSecrets((sealed) => openNoticeSecret(seal, webhookId, sealed), row);
  const verdict =
    secrets instanceof Error
      ? ({ outcome: 'blocked', code: 'secret_unreadable', detail: secrets.message } as const)
      : await sendNoticeWebhook(http, {
          url: row.url,
          secrets,
          id: `msg_${key}`,
          body: noticeBody(notice),
          nowMs: clock.now(),
        });
  if (verdict.outcome === 'delivered') return { outcome: 'sent', transport: 'http' };
  const { outcome, ...reason } = verdict;
  if (outcome === 'blocked' && (await block(sql, 'notice_webhook', webhookId, reason)))
    log.error(
      { event: 'notice_webhook.blocked', noticeWebhook: webhookId, ...reason },
      'notice webhook blocked; action required; notices wait for it for their retry window',
    );
  return { outcome: 'deferred', ...reason };
}

/** Probes blocked webhooks by a request without a notice. */
export function createNoticeWebhookProber({ sql, http, seal, log, clock }: NoticeWebhookDeps) {
  return createProber({
    sql,
    log,
    table: 'notice_webhook',
    subject: 'notice_webhook',
    isPassed: (outcome) => outcome === 'delivered',
    async probe(id) {
      const row = await readWebhook(sql, id);
      const secrets = row && openSecrets((sealed) => openNoticeSecret(seal, id, sealed), row);
      if (!row || secrets === undefined || secrets instanceof Error) return undefined;
      const nowMs = clock.now();
      return sendNoticeWebhook(http, {
        url: row.url,
        secrets,
        id: `msg_${randomUUID()}`,
        body: pingBody(nowMs),
        nowMs,
      });
    },
  });
}
