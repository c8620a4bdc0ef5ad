import type { Http } from '@currents/connector';
import type { Logger } from 'pino';
import type { Sql } from '../db/connect.js';
import type { Metrics } from '../process/metrics.js';
import { decideRetry, type RetryDecision } from '../retry.js';
import type { Seal } from '../secrets/seal.js';
import {
  blockWebhook,
  bodyOf,
  claimBatch,
  expireChanges,
  halveBatch,
  holdWebhook,
  recordDelivered,
  type ChangeRow,
  type WebhookBatch,
  type Reason,
} from './webhookBatch.js';
import { webhookSealContext } from './manageWebhooks.js';
import { sendWebhook, type WebhookVerdict } from './webhookRequest.js';

export interface DeliverChangesDeps {
  readonly sql: Sql;
  readonly http: Http;
  readonly seal: Seal;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'told'>;
  /** How long an entry or exit is kept trying. */
  readonly windowMs: number;
  /** The longest a receiver may take to answer one request. */
  readonly requestMs: number;
}

/** Tells a webhook the next of what it has yet to be told. True when there may be more at once. */
export async function deliverChanges(deps: DeliverChangesDeps, webhookId: number): Promise<boolean> {
  const batch = await claimBatch(deps.sql, webhookId, deps.requestMs + 10_000);
  if (!batch) return false;
  const startedMs = Date.now();
  const verdict = await send(deps, batch);
  const again = await applyVerdict(deps, batch, verdict);
  deps.metrics.told(verdict.outcome, batch.changes.length);
  deps.log.info({
    event: 'webhook.attempt',
    webhook: webhookId,
    segment: batch.segmentId,
    changes: batch.changes.length,
    outcome: verdict.outcome,
    ...('code' in verdict && { code: verdict.code }),
    ms: Date.now() - startedMs,
  });
  return again;
}

async function send({ http, seal }: DeliverChangesDeps, batch: WebhookBatch): Promise<WebhookVerdict> {
  let secret: string;
  try {
    secret = seal.open(batch.secret ?? Buffer.alloc(0), webhookSealContext(batch.webhookId));
  } catch {
    return {
      outcome: 'blocked',
      code: 'secret_unreadable',
      detail: 'the stored secret does not open with this MASTER_KEY; renew it',
    };
  }
  const last = batch.changes.at(-1) as ChangeRow;
  const deliveryId = `${batch.webhookId}-${batch.after}-${last.id}`;
  return sendWebhook(http, { url: batch.url, secret, deliveryId, body: bodyOf(batch), nowMs: Date.now() });
}

async function applyVerdict(deps: DeliverChangesDeps, batch: WebhookBatch, verdict: WebhookVerdict): Promise<boolean> {
  const { sql, log } = deps;
  switch (verdict.outcome) {
    case 'delivered':
      return recordDelivered(sql, batch);
    case 'split':
      if (batch.changes.length > 1) {
        await halveBatch(sql, batch);
        return true;
      }
      return postpone(deps, batch, { ...verdict, afterMs: undefined });
    case 'blocked':
      if (await blockWebhook(sql, batch, verdict)) {
        const { code, detail } = verdict;
        log.error(
          { event: 'webhook.blocked', webhook: batch.webhookId, code, detail },
          'a webhook is blocked until somebody repairs it; entries and exits are kept',
        );
      }
      return false;
    case 'deferred':
      return postpone(deps, batch, verdict);
  }
}

/** The batch waits; what in it has been kept for its whole window expires. */
async function postpone(
  { sql, log, windowMs }: DeliverChangesDeps,
  batch: WebhookBatch,
  { code, detail, afterMs }: Reason & { readonly afterMs: number | undefined },
): Promise<boolean> {
  const nowMs = Date.now();
  const trouble = { code, detail, afterMs, tries: batch.failures + 1 };
  const random = Math.random();
  const next = (change: ChangeRow): RetryDecision =>
    decideRetry(trouble, { nowMs, keptSinceMs: Math.max(change.at.getTime(), batch.liveSinceMs), windowMs, random });
  const [first] = batch.changes as [ChangeRow];
  const again = next(first);
  if (again.again) {
    await holdWebhook(sql, batch, { code, detail, untilMs: again.dueAtMs });
    return false;
  }
  const last = batch.changes.findLast((change) => !next(change).again) ?? first;
  await expireChanges(sql, batch, last, again);
  log.error(
    { event: 'webhook.expired', webhook: batch.webhookId, changes: batch.changes.indexOf(last) + 1, code },
    'a webhook was not told of entries and exits within their window',
  );
  return true;
}
