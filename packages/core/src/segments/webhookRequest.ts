import { createHmac, timingSafeEqual } from 'node:crypto';
import { retryAfterMs, type Http, type HttpAnswer } from '@currents/connector';
import type { FailureReason } from '../circuitBreaker.js';

/**
 * The result of one request to a webhook. `split`: it was too large for the receiver, so send fewer changes. `blocked`:
 * the receiver refuses every request until it is repaired.
 */
export type WebhookVerdict =
  | { readonly outcome: 'delivered' }
  | (FailureReason & { readonly outcome: 'deferred' | 'split' | 'blocked'; readonly afterMs?: number | undefined });

interface WebhookRequest {
  readonly url: string;
  /** Each of them signs. */
  readonly secrets: readonly string[];
  /** The same for every retry of a request. */
  readonly deliveryId: string;
  readonly body: string;
  /** By Postgres: receivers refuse a request whose time is minutes off, and the clock of a worker may be. */
  readonly nowMs: number;
}

/** Statuses for which a retry does not help: the credentials are refused, or the URL is gone. */
const blockingStatuses = new Set([401, 403, 404, 410]);

/** Bounds for the receiver's Retry-After. */
const retryAfterBounds = { minMs: 1_000, maxMs: 60 * 60_000 };

/** Sends one signed request. Never throws for anything that a receiver or a network can do. */
export async function sendWebhook(
  http: Http,
  { url, secrets, deliveryId, body, nowMs }: WebhookRequest,
): Promise<WebhookVerdict> {
  const timestamp = String(Math.floor(nowMs / 1000));
  return postWebhook(http, url, body, {
    'currents-delivery': deliveryId,
    'currents-timestamp': timestamp,
    'currents-signature': secrets.map((secret) => `v1=${signatureOf(secret, timestamp, body)}`).join(' '),
  });
}

/** Sends JSON with headers that sign it, and says what the answer means for a webhook. Never throws either. */
export async function postWebhook(
  http: Http,
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<WebhookVerdict> {
  const answer = await http.request({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', 'user-agent': 'Currents/1', ...headers },
    body,
  });
  return verdictOf(answer);
}

/** HMAC-SHA256 over the timestamp, a full stop and the body, in hexadecimal. */
function signatureOf(secret: string, timestamp: string, body: string): string {
  return createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
}

/** Verifies a header with one or more signatures in constant time, as a receiver does; for tests and examples. */
export function isSignedBy(
  secret: string,
  { timestamp, signature, body }: { readonly timestamp: string; readonly signature: string; readonly body: string },
): boolean {
  const wanted = Buffer.from(`v1=${signatureOf(secret, timestamp, body)}`);
  return signature
    .split(' ')
    .map((each) => Buffer.from(each))
    .some((given) => wanted.length === given.length && timingSafeEqual(wanted, given));
}

function verdictOf(answer: HttpAnswer): WebhookVerdict {
  if ('failure' in answer) return { outcome: 'deferred', code: answer.failure, detail: answer.detail };
  const { status } = answer;
  const code = `http_${status}`;
  if (status >= 200 && status < 300) return { outcome: 'delivered' };
  if (blockingStatuses.has(status)) return { outcome: 'blocked', code, detail: `the receiver answered ${status}` };
  if (status === 413) return { outcome: 'split', code, detail: 'the receiver answered 413: too much at a time' };
  const detail =
    status < 400 ? `the receiver answered ${status}; redirects are not followed` : `the receiver answered ${status}`;
  return { outcome: 'deferred', code, detail, afterMs: retryAfterMs(answer.headers, retryAfterBounds) };
}
