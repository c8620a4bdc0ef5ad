import { createHmac, timingSafeEqual } from 'node:crypto';

/** The form of secrets and headers: Standard Webhooks 1.0.0, https://www.standardwebhooks.com. */
export const secretPrefix = 'whsec_';

interface Signed {
  /** Each of them signs. */
  readonly secrets: readonly string[];
  /** The same for every repetition of a request. */
  readonly id: string;
  readonly body: string | Uint8Array;
  /** By Postgres where there is a choice: receivers refuse a request whose time is minutes off. */
  readonly nowMs: number;
}

/** The headers that sign a request. */
export function signWebhook({ secrets, id, body, nowMs }: Signed): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1000));
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map((secret) => `v1,${signatureOf(secret, id, timestamp, body)}`).join(' '),
  };
}

/** HMAC-SHA256 over the id, the timestamp and the body with full stops between them, in base64. */
function signatureOf(secret: string, id: string, timestamp: string, body: string | Uint8Array): string {
  const key = Buffer.from(secret.slice(secretPrefix.length), 'base64');
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
}

/** Verifies the headers of a signed request in constant time, as a receiver does; for tests and examples. */
export function isWebhookSignedBy(
  secret: string,
  headers: Readonly<Record<string, unknown>>,
  body: string | Uint8Array,
): boolean {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    String(headers[name]),
  ) as [string, string, string];
  const wanted = Buffer.from(`v1,${signatureOf(secret, id, timestamp, body)}`);
  return signatures
    .split(' ')
    .map((each) => Buffer.from(each))
    .some((each) => each.length === wanted.length && timingSafeEqual(each, wanted));
}
