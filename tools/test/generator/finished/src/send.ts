import { answerAll, joinJson, redact, readJsonObject } from '@currents/connector';
import type {
  BodyPiece,
  HttpAnswer,
  Item,
  SendContext,
  SendResult,
  TestResult,
  SendOutcome,
} from '@currents/connector';
import type { Payload } from './map.js';
import type { Credentials, Settings } from './settings.js';

type Context = SendContext<Settings, Credentials>;

/** Tidemark answers 200 with the ids of the events that it refuses; it stores all others. */
export async function send(items: readonly Item<Payload>[], to: Context): Promise<readonly SendResult[]> {
  const answer = await post(['{"events":[', ...joinJson(items), ']}'], to);
  const refused = 'failure' in answer ? undefined : readJsonObject(answer.body)?.['refused'];
  if (answer.status !== 200 || !Array.isArray(refused)) return answerAll(items, failureOf(answer, to, items));
  const refusedIds = new Set<unknown>(refused);
  const rejected = { outcome: 'rejected', code: 'refused', detail: 'Tidemark refused the event' } as const;
  return items.map(({ id }) => (refusedIds.has(id) ? { id, ...rejected } : { id, outcome: 'delivered' }));
}

/** An empty list of events stores nothing, and is refused like any other without a valid key. */
export async function test(to: Context): Promise<TestResult> {
  const answer = await post(['{"events":[]}'], to);
  if (answer.status === 200) return { outcome: 'passed' };
  const { outcome, code, detail } = failureOf(answer, to, []);
  return { outcome: outcome === 'blocked' ? 'refused' : 'unreachable', code, detail };
}

function post(body: readonly BodyPiece[], { http, settings, credentials }: Context): Promise<HttpAnswer> {
  const headers = { 'x-api-key': credentials.apiKey, 'content-type': 'application/json' };
  return http.request({ method: 'POST', url: new URL('/v1/track', settings.baseUrl).href, headers, body });
}

type Failure = Exclude<SendOutcome, { outcome: 'delivered' }>;

function failureOf(answer: HttpAnswer, { credentials }: Context, items: readonly Item<Payload>[]): Failure {
  if ('failure' in answer) return { outcome: 'deferred', code: answer.failure, detail: 'no answer', scope: 'current' };
  const { status, body } = answer;
  const hidden = { secrets: [credentials.apiKey], payloads: items.map(({ payload }) => payload) };
  const failure = { code: `http_${status}`, detail: `HTTP ${status}: ${redact(body, hidden)}` };
  if (status === 401) return { outcome: 'blocked', ...failure };
  if (status === 400 || status === 413) return { outcome: 'split', ...failure };
  return { outcome: 'deferred', ...failure, scope: 'current' };
}
