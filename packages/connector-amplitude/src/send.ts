import { answerAll, createRedactor, joinJson, jsonObjectIn, toTestResult } from '@currents/connector';
import type { HttpAnswer, Item, SendContext, SendOutcome, SendResult, TestResult } from '@currents/connector';
import { readAnswer } from './answers.js';
import type { AmplitudeEvent } from './map.js';
import { readNamedEvents } from './namedEvents.js';
import { secretsOf, uploadRequest } from './request.js';
import type { Credentials, Settings } from './settings.js';

type Context = SendContext<Settings, Credentials>;

/** Makes one request and returns what became of each of its events. */
export async function send(items: readonly Item<AmplitudeEvent>[], to: Context): Promise<readonly SendResult[]> {
  const answer = await to.http.request(uploadRequest(joinJson(items), to));
  const secrets = secretsOf(to.credentials);
  const sent = { settings: to.settings, eventCount: items.length };
  const outcome = readAnswer(
    answer,
    sent,
    createRedactor(secrets, () => items.map((item) => item.payload)),
  );

  const body = outcome.outcome === 'blocked' ? undefined : jsonObjectIn(answer, 400, 429);
  const named = body && readNamedEvents(body, items, { waitMs: throttleMs(to.settings, outcome), secrets });
  if (named === undefined || named.size === 0) return answerAll(items, outcome);
  return items.map(({ id }, index) => ({ id, ...(named.get(index) ?? othersRefused) }));
}

/** Amplitude accepts all events of a request or none, so those that it does not name have to be sent again. */
const othersRefused: SendOutcome = {
  outcome: 'deferred',
  code: 'others_refused',
  detail: 'Amplitude refused the request because of other events in it',
  afterMs: 0,
  scope: 'event',
};

/** Waits for users and devices that exceed their rate; HTTP V2 and Batch Event Upload references, 429. */
const waitsMs = { httpapi: 30_000, batch: 15_000 } as const satisfies Record<Settings['endpoint'], number>;

function throttleMs({ endpoint }: Settings, outcome: SendOutcome): number {
  return Math.max(waitsMs[endpoint], outcome.outcome === 'deferred' ? (outcome.afterMs ?? 0) : 0);
}

/**
 * Sends an empty list. Amplitude checks the API key first, so a 400 about missing events means that it is valid.
 * The secret key is not tested: exports do not need it.
 */
export async function test(to: Context): Promise<TestResult> {
  const answer = await to.http.request(uploadRequest([], to));
  if (isErrorAboutEvents(answer)) return { outcome: 'passed' };
  const sent = { settings: to.settings, eventCount: 0 };
  return toTestResult(readAnswer(answer, sent, createRedactor(secretsOf(to.credentials))));
}

function isErrorAboutEvents(answer: HttpAnswer): boolean {
  const body = jsonObjectIn(answer, 400);
  return body?.['error'] === 'Request missing required field' && body['missing_field'] !== 'api_key';
}
