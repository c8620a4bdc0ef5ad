import { gzipRefused, interpretAnswer, readJsonObject, toSendOutcome } from '@currents/connector';
import type { AnswerRules, HttpAnswer, Refusal, SendOutcome } from '@currents/connector';
import type { Settings } from './settings.js';

/** What the interpretation of an answer depends on. */
interface SentRequest {
  readonly settings: Settings;
  readonly eventCount: number;
}

/** Time for a firewall to accept the request again. */
const forbiddenWaitMs = 180_000;

const keyRefused: Refusal = {
  code: 'credentials_refused',
  advice: 'Amplitude does not know the API key; check key and region',
};
const notFound: Refusal = { code: 'not_found', advice: 'there is no such endpoint; check the base URL' };
const typeRefused: Refusal = { code: 'content_type_refused', advice: 'JSON is not accepted; check the base URL' };

/**
 * The outcome for all events of a request; the events that a 400 or a 429 names are read by `readNamedEvents`.
 * `say` redacts Amplitude's words.
 */
export function readAnswer(answer: HttpAnswer, sent: SentRequest, say: (words: string) => string): SendOutcome {
  const { status } = answer;
  if (status === 403) return readForbidden(sent);
  const refused400 = status === 400 && 'body' in answer ? refusalIn(answer.body, sent.settings) : undefined;
  const rules: AnswerRules = {
    label: 'Amplitude',
    refusals: {
      ...(refused400 && { 400: refused400 }),
      401: keyRefused,
      404: notFound,
      405: notFound,
      415: typeRefused,
    },
    isCompressed: sent.settings.gzip,
    isSuccess: ({ code }) => code === 200,
    acceptedCount: { field: 'events_ingested', sent: sent.eventCount },
  };
  return toSendOutcome(interpretAnswer(answer, rules, say));
}

/** Why a 400 refuses every request until an admin acts, if it does; HTTP V2 reference, 400. */
function refusalIn(body: string, { gzip }: Settings): Refusal | undefined {
  const { error, missing_field: missing } = readJsonObject(body) ?? {};
  if (missing === 'api_key') return { code: 'credentials_missing', advice: 'the API key did not arrive' };
  if (typeof error !== 'string') return undefined;
  if (error.startsWith('Invalid API key')) return keyRefused;
  if (error.startsWith('Invalid request path')) return notFound;
  // The JSON is valid, so if Amplitude cannot read it, that is because of the compression.
  return gzip && (error === 'Invalid JSON request body' || error === 'Missing request body') ? gzipRefused : undefined;
}

/** From a firewall, which checks addresses and words: the same event may pass later, others may pass now. */
function readForbidden({ eventCount }: SentRequest): SendOutcome {
  const code = 'forbidden';
  const detail = 'HTTP 403: a firewall refused the request; if it refuses all, ask Amplitude about the hub’s address';
  if (eventCount > 1) return { outcome: 'split', code, detail };
  return { outcome: 'deferred', code, detail, afterMs: forbiddenWaitMs, scope: 'event' };
}
