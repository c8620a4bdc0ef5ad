import { randomBytes } from 'node:crypto';
import type { Http } from '@currents/connector';
import type { Logger } from 'pino';
import { block, type FailureReason } from '../circuitBreaker.js';
import type { Sql } from '../db/connect.js';
import type { DatabaseClock } from '../db/databaseClock.js';
import { endLease } from '../db/endLease.js';
import type { Metrics } from '../process/metrics.js';
import { decideRetry } from '../retry.js';
import { openSecrets } from './formerSecret.js';
import { SealedByLaterRelease, type Seal } from '../secrets/seal.js';
import { bodyOf, claimBatch, expireChanges, halveBatch, holdWebhook } from './webhookBatch.js';
import { recordDelivered, releaseBatch, type ChangeRow, type WebhookBatch } from './webhookBatch.js';
import { webhookSealContext } from './manageWebhooks.js';
import { sendWebhook, type WebhookVerdict } from './webhookRequest.js';

export interface DeliverChangesDeps {
  readonly sql: Sql;
  readonly http: Http;
  readonly clock: DatabaseClock;
  readonly seal: Seal;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'webhookRequested'>;
  /** The retry window of an entry or exit. */
  readonly windowMs: number;
  /** The longest a receiver may take to answer one request. */
  readonly requestMs: number;
  readonly isStopping: () => boolean;
}

/** Sends the next changes to a webhook. Returns true when there may be more to send at once. */
export async function deliverChanges(deps: DeliverChangesDeps, webhookId: number): Promise<boolean> {
  const { sql, isStopping } = deps;
  const lease = (randomBytes(8).readBigUInt64BE() >> 1n).toString();
  const term = { leaseMs: deps.requestMs + 10_000, isStopping };
  const batch = await claimBatch(sql, webhookId, { lease, ...term }).catch(async (error: unknown) => {
    // The claim may have succeeded, and its answer been lost.
    await endLease(() => releaseBatch(sql, { webhookId, lease }), term);
    throw error;
  });
  if (!batch) return false;
  const startedMs = performance.now();
  const verdict = await send(deps, batch);
  const again = await endLease(() => applyVerdict(deps, batch, verdict), term);
  deps.metrics.webhookRequested(verdict.outcome, batch.changes.length);
  deps.log.info({
    event: 'webhook_request.finished',
    webhook: webhookId,
    segment: batch.segmentId,
    changes: batch.changes.length,
    outcome: verdict.outcome,
    ...('code' in verdict && { code: verdict.code }),
    ms: Math.round(performance.now() - startedMs),
  });
  return again;
}

async function send({ http, seal, clock }: DeliverChangesDeps, batch: WebhookBatch): Promise<WebhookVerdict> {
  const secrets = openSecrets((sealed) => openSecret(seal, batch.webhookId, sealed), batch);
  if (secrets instanceof Error) return { outcome: 'blocked', code: 'secret_unreadable', detail: secrets.message };
  const last = batch.changes.at(-1) as ChangeRow;
  const deliveryId = `${batch.webhookId}-${batch.after}-${last.id}`;
  return sendWebhook(http, { url: batch.url, secrets, deliveryId, body: bodyOf(batch), nowMs: clock.now() });
}

/** An error that says what to do when the secret does not open. */
export function openSecret(seal: Seal, webhookId: number, sealed: Buffer | null): string | Error {
  try {
    return seal.open(sealed ?? Buffer.alloc(0), webhookSealContext(webhookId));
  } catch (cause) {
    const message =
      cause instanceof SealedByLaterRelease
        ? 'a later release of the hub sealed the stored secret; run that release, or renew it'
        : 'the stored secret does not open with this MASTER_KEY; renew it';
    return new Error(message, { cause });
  }
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
      return deferBatch(deps, batch, verdict);
    case 'blocked':
      if (await block(sql, 'segment_webhook', batch.webhookId, verdict, { lease: batch.lease })) {
        const { code, detail } = verdict;
        log.error(
          { event: 'webhook.blocked', webhook: batch.webhookId, code, detail },
          'webhook blocked; action required; changes are kept for their retry window',
        );
      }
      return false;
    case 'deferred':
      return deferBatch(deps, batch, verdict);
  }
}

/** Holds the webhook, or expires the changes whose retry window is over. */
async function deferBatch(
  { sql, log, clock, windowMs }: DeliverChangesDeps,
  batch: WebhookBatch,
  { code, detail, afterMs }: FailureReason & { readonly afterMs?: number | undefined },
): Promise<boolean> {
  const failure = { code, detail, afterMs, tries: batch.failures + 1 };
  const terms = { nowMs: clock.now(), windowMs, random: Math.random() };
  const next = ({ at }: ChangeRow) =>
    decideRetry(failure, { ...terms, keptSinceMs: Math.max(at.getTime(), batch.liveSince.getTime()) });
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
    'changes expired before the webhook accepted them',
  );
  return true;
}
