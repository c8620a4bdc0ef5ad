import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Sql } from '../db/connect.js';
import type { DatabaseClock } from '../db/databaseClock.js';
import { endLease, type LeaseTerm } from '../db/endLease.js';
import type { Metrics } from '../process/metrics.js';
import { decideRetry } from '../retry.js';
import { mailOf } from './mail.js';
import type { MailTransport } from './mailTransport.js';
import { claimMessages, closeNotices, deferMessage, failMessage, recordSent } from './noticeMessages.js';
import { releaseMessages, type ClaimedMessage } from './noticeMessages.js';
import type { FailureReason } from '../circuitBreaker.js';

export type MessageVerdict =
  | { readonly outcome: 'sent'; readonly transport: 'smtp' | 'log' | 'http' }
  | (FailureReason & { readonly outcome: 'deferred' | 'failed'; readonly afterMs?: number | undefined });

export interface SendDeps extends LeaseTerm {
  readonly sql: Sql;
  readonly log: Logger;
  readonly clock: DatabaseClock;
  readonly metrics: Pick<Metrics, 'noticeMessageEnded'>;
  readonly mail: MailTransport;
  /** The sender's address. */
  readonly from: string;
  /** For how long a message is tried. */
  readonly windowMs: number;
  readonly sendToWebhook: (message: ClaimedMessage) => Promise<MessageVerdict>;
}

/**
 * Sends all due messages, several at once. A worker that dies between sending and recording repeats a message once its
 * lease has expired, with the same Message-ID.
 */
export async function sendMessages(deps: SendDeps): Promise<void> {
  for (;;) {
    const messages = await claimWithLease(deps);
    if (messages.length === 0) return;
    await Promise.all(messages.map((message) => sendMessage(deps, message)));
    await closeNotices(deps.sql);
  }
}

async function claimWithLease(deps: SendDeps): Promise<readonly ClaimedMessage[]> {
  const lease = (randomBytes(8).readBigUInt64BE() >> 1n).toString();
  try {
    return await claimMessages(deps.sql, { lease, leaseMs: deps.leaseMs });
  } catch (error) {
    // The claim may have succeeded, and its answer been lost.
    await endLease(() => releaseMessages(deps.sql, lease), deps);
    throw error;
  }
}

async function sendMessage(deps: SendDeps, message: ClaimedMessage): Promise<void> {
  const { log, metrics } = deps;
  const verdict =
    message.channel === 'mail'
      ? await deps.mail.send(mailOf(message, deps.from), message)
      : await deps.sendToWebhook(message);
  const ended = await endLease(() => record(deps, message, verdict), deps);
  metrics.noticeMessageEnded(message.channel, ended);
  const line = {
    event: 'notice_message.finished',
    message: message.id,
    channel: message.channel,
    notices: message.noticeCount,
    outcome: ended,
    ...('code' in verdict && { code: verdict.code, detail: verdict.detail }),
  };
  if (ended === 'failed') log.error(line, 'a notice could not be sent; see notices');
  else if (ended === 'deferred') log.warn(line, 'a notice was not sent; it is tried again');
  else log.info(line);
}

async function record(
  { sql, clock, windowMs }: SendDeps,
  message: ClaimedMessage,
  verdict: MessageVerdict,
): Promise<'sent' | 'deferred' | 'failed'> {
  if (verdict.outcome === 'sent') {
    await recordSent(sql, message, verdict.transport);
    return 'sent';
  }
  const { code, detail, afterMs } = verdict;
  const terms = { nowMs: clock.now(), keptSinceMs: message.createdAt.getTime(), windowMs, random: Math.random() };
  const next = decideRetry({ code, detail, afterMs, tries: message.attempts }, terms);
  if (verdict.outcome === 'deferred' && next.again) {
    await deferMessage(sql, message, { code, detail, dueAtMs: next.dueAtMs });
    return 'deferred';
  }
  await failMessage(sql, message, { code, detail });
  return 'failed';
}
