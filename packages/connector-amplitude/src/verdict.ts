import { readJsonObject, retryAfterMs } from '@currents/connector';
import type { HttpAnswer, SendOutcome } from '@currents/connector';
import type { Settings } from './settings.js';

type Failure = Extract<HttpAnswer, { readonly failure: string }>;
type Response = Exclude<HttpAnswer, Failure>;
type Body = Readonly<Record<string, unknown>>;

/** What was asked, as far as it matters to the answer. */
export interface Asked {
  readonly settings: Settings;
  /** How many events the request had. */
  readonly events: number;
  /** Makes words from outside fit for a detail. */
  readonly say: (words: string) => string;
}

/** Amplitude documents no `Retry-After`; should one come, the wait is kept within these. */
const WAIT = { minMs: 1_000, maxMs: 300_000 };

/** Long enough for a firewall to think again. */
const FORBIDDEN_WAIT_MS = 180_000;

const silences = {
  timeout: { code: 'timeout', meaning: 'no answer in time' },
  unreachable: { code: 'unreachable', meaning: 'the host cannot be reached' },
  broken: { code: 'broken_connection', meaning: 'the connection broke' },
} as const;

/** All texts that the references and the SDKs know. A bad key is not among them, for the key stands behind its colon. */
const knownErrors: ReadonlySet<string> = new Set([
  'Events silenced for device_id',
  'Invalid event JSON',
  'Invalid field values on some events',
  'Invalid id length for user_id or device_id',
  'Invalid JSON request body',
  'Missing request body',
  'Payload too large',
  'Request missing required field',
  'Too many requests for some devices and users',
]);

/**
 * What an answer says of the request as a whole; the events that a 400 or a 429 names are another matter. The status
 * decides; the body is believed where the status leaves something open.
 */
export function verdictOn(answer: HttpAnswer, asked: Asked): SendOutcome {
  if ('failure' in answer) {
    const { code, meaning } = silences[answer.failure];
    return { outcome: 'deferred', code, detail: withWords(meaning, asked.say(answer.detail)), scope: 'current' };
  }
  const { status } = answer;
  const body = readJsonObject(answer.body) ?? {};
  const block = blockOn(status, body, asked.settings);
  if (block !== undefined) return { outcome: 'blocked', code: block.code, detail: `HTTP ${status}: ${block.advice}` };
  if (status === 400) return { outcome: 'split', code: 'bad_request', detail: told(status, body, asked) };
  if (status === 403) return forbidden(asked);
  if (status === 413) return { outcome: 'split', code: 'request_too_large', detail: told(status, body, asked) };
  if (status === 429) return wait(answer, 'throttled', told(status, body, asked));
  if (status >= 200 && status < 300) return body['code'] === 200 ? { outcome: 'delivered' } : unreadable(status);
  return wait(answer, `http_${status}`, `HTTP ${status}`);
}

interface Block {
  readonly code: string;
  readonly advice: string;
}

const keyRefused: Block = {
  code: 'credentials_refused',
  advice: 'Amplitude does not know the API key; check key and region',
};
const notFound: Block = { code: 'not_found', advice: 'there is no such endpoint; check the base URL' };
const gzipRefused: Block = { code: 'gzip_refused', advice: 'the request could not be read; switch gzip off' };

/** Why nothing passes before a person repairs the Current, if that is so; HTTP V2 reference, 400. */
function blockOn(status: number, body: Body, settings: Settings): Block | undefined {
  if (status >= 300 && status < 400) return { code: 'redirected', advice: 'this is not followed; check the base URL' };
  if (status === 401) return keyRefused;
  if (status === 404 || status === 405) return notFound;
  if (status === 415) {
    return settings.gzip
      ? gzipRefused
      : { code: 'content_type_refused', advice: 'JSON is not taken; check the base URL' };
  }
  if (status !== 400) return undefined;
  const error = typeof body['error'] === 'string' ? body['error'] : '';
  if (error.startsWith('Invalid API key')) return keyRefused;
  if (body['missing_field'] === 'api_key') return { code: 'credentials_missing', advice: 'the API key did not arrive' };
  if (error.startsWith('Invalid request path')) return notFound;
  // Our JSON is sound, so what cannot be read was compressed.
  return settings.gzip && (error === 'Invalid JSON request body' || error === 'Missing request body')
    ? gzipRefused
    : undefined;
}

/** From a firewall, which looks at addresses and at words: the same event may pass later, others may pass now. */
function forbidden({ events }: Asked): SendOutcome {
  const code = 'forbidden';
  if (events > 1)
    return { outcome: 'split', code, detail: 'HTTP 403: a firewall refused the request, perhaps for one event' };
  const detail =
    'HTTP 403: a firewall refused the request; if it refuses all of them, ask Amplitude about the hub’s address';
  return { outcome: 'deferred', code, detail, afterMs: FORBIDDEN_WAIT_MS, scope: 'event' };
}

/** Something in between may answer 200 for Amplitude; asking again does no harm, for the events keep their `insert_id`. */
function unreadable(status: number): SendOutcome {
  const detail = `HTTP ${status} with a body that is not Amplitude’s; check that nothing else answers in its place`;
  return { outcome: 'deferred', code: 'unreadable_answer', detail, scope: 'current' };
}

function wait(answer: Response, code: string, detail: string): SendOutcome {
  const afterMs = retryAfterMs(answer.headers, WAIT);
  const deferred = { outcome: 'deferred', code, detail, scope: 'current' } as const;
  return afterMs === undefined ? deferred : { ...deferred, afterMs };
}

function told(status: number, body: Body, { say }: Asked): string {
  const words = body['error'];
  if (typeof words !== 'string') return `HTTP ${status}`;
  return withWords(`HTTP ${status}`, knownErrors.has(words) ? words : say(words));
}

function withWords(meaning: string, words: string): string {
  return words === '' ? meaning : `${meaning}: ${words}`;
}
