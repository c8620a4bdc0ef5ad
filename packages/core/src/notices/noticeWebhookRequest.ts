import type { Http } from '@currents/connector';
import { signWebhook } from '../process/webhookSignature.js';
import { SealedByLaterRelease, type Seal } from '../secrets/seal.js';
import { postWebhook, type WebhookVerdict } from '../segments/webhookRequest.js';
import { readSubject, subjectId } from './noticeKinds.js';
import type { SentNotice } from './noticeMessages.js';

interface SignedRequest {
  readonly url: string;
  /** Each of them signs. */
  readonly secrets: readonly string[];
  /** The same for every repetition of a request. */
  readonly id: string;
  readonly body: string;
  /** By Postgres: receivers refuse a request whose time is minutes off, and the clock of a worker may be. */
  readonly nowMs: number;
}

/** Sends one signed request. Never throws for anything that a receiver or a network can do. */
export function sendNoticeWebhook(
  http: Http,
  { url, secrets, id, body, nowMs }: SignedRequest,
): Promise<WebhookVerdict> {
  return postWebhook(http, url, body, signWebhook({ secrets, id, body, nowMs }));
}

/** The body of a request with one notice, with ids as the API has them. */
export function noticeBody({ id, kind, severity, subject: text, since, eventCount, ...notice }: SentNotice): string {
  const subject = readSubject(text);
  return JSON.stringify({
    type: `notice.${kind}`,
    timestamp: notice.raisedAt,
    data: {
      id: `ntc_${id}`,
      kind: kind.toUpperCase(),
      severity: severity.toUpperCase(),
      subject: subject ? { type: subject.type, id: subjectId(subject) } : null,
      startedAt: since,
      eventCount,
      message: notice.message,
      remedy: notice.remedy,
    },
  });
}

/** The body of a request that only asks whether the receiver works. */
export function pingBody(nowMs: number): string {
  return JSON.stringify({ type: 'notice.ping', timestamp: new Date(nowMs), data: {} });
}

export const noticeWebhookSealContext = (webhookId: number): string => `notice_webhook:${webhookId}`;

/** An error that says what to do when the secret does not open. */
export function openNoticeSecret(seal: Seal, webhookId: number, sealed: Buffer | null): string | Error {
  try {
    return seal.open(sealed ?? Buffer.alloc(0), noticeWebhookSealContext(webhookId));
  } catch (cause) {
    const message =
      cause instanceof SealedByLaterRelease
        ? 'a later release of the hub sealed the stored secret; run that release, or renew it'
        : 'the stored secret does not open with this MASTER_KEY; renew it with rotateNoticeWebhookSecret';
    return new Error(message, { cause });
  }
}
