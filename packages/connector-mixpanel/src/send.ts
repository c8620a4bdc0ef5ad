import { answerAll, createRedactor, joinJson, jsonObjectIn, redact, toTestResult } from '@currents/connector';
import type { HttpAnswer, Item, SendContext, SendResult, TestResult } from '@currents/connector';
import { readAnswer, readProfileAnswer } from './answers.js';
import { readFailedRecords, type FailedRecords } from './failedRecords.js';
import { profileRoute } from './limits.js';
import type { Payload } from './map.js';
import type { ProfileUpdate } from './profileUpdate.js';
import { importRequest, profileRequest, secretsOf, tokenOf } from './request.js';
import type { Credentials, Settings } from './settings.js';

/** Makes one request, to `/import` or to `/engage`, and returns what became of each of its events. */
export async function send(
  items: readonly Item<Payload>[],
  to: SendContext<Settings, Credentials>,
): Promise<readonly SendResult[]> {
  if (items[0]?.route === profileRoute) return sendProfiles(items as readonly Item<ProfileUpdate>[], to);
  const answer = await to.http.request(importRequest(['[', ...joinJson(items), ']'], to));
  const secrets = secretsOf(to.credentials);

  const failed = jsonObjectIn(answer, 400);
  const records = failed && readFailedRecords(failed, items);
  if (records !== undefined) return answerByRecord(items, records, secrets);
  const say = createRedactor(secrets, () => items.map((item) => item.payload));
  return answerAll(items, readAnswer(answer, items.length, to.settings, say));
}

const tokenNeeded = {
  code: 'project_token_needed',
  detail: 'updates of profiles are sent with the project token; set it as credentials, or switch profileUpdates off',
} as const;

/** A refusal of single updates may come with a 200, too (Mixpanel, Set Property reference). */
async function sendProfiles(
  items: readonly Item<ProfileUpdate>[],
  to: SendContext<Settings, Credentials>,
): Promise<readonly SendResult[]> {
  const token = tokenOf(to.credentials);
  if (token === undefined) return answerAll(items, { outcome: 'blocked', ...tokenNeeded });
  const answer = await to.http.request(profileRequest(items, token, to));
  const secrets = secretsOf(to.credentials);
  const body = jsonObjectIn(answer, 200, 400);
  const records = body && readFailedRecords(body, items);
  if (records !== undefined) return answerByRecord(items, records, secrets);
  const say = createRedactor(secrets, () => items.map((item) => item.payload));
  return answerAll(items, readProfileAnswer(answer, items.length, say));
}

function answerByRecord(
  items: readonly Item<Payload>[],
  records: FailedRecords,
  secrets: readonly string[],
): SendResult[] {
  return items.map((item, index) => {
    const { id } = item;
    const reason = records.refused.get(index);
    if (reason !== undefined) {
      const detail = redact(reason, { secrets, payloads: [item.payload] });
      return { id, outcome: 'rejected', code: 'rejected_by_mixpanel', detail };
    }
    if (records.isComplete) return { id, outcome: 'delivered' };
    const detail = 'other events were refused, and the answer does not show whether this one was imported';
    return { id, outcome: 'split', code: 'unclear_answer', detail };
  });
}

/**
 * Sends an empty list. Mixpanel checks the credentials first, so a 400 about the list means that they are valid.
 */
export async function test(to: SendContext<Settings, Credentials>): Promise<TestResult> {
  if (to.settings.profileUpdates && tokenOf(to.credentials) === undefined)
    return { outcome: 'refused', ...tokenNeeded };
  const answer = await to.http.request(importRequest('[]', to));
  if (isErrorAboutList(answer)) return { outcome: 'passed' };
  return toTestResult(readAnswer(answer, 0, to.settings, createRedactor(secretsOf(to.credentials))));
}

function isErrorAboutList(answer: HttpAnswer): boolean {
  const body = jsonObjectIn(answer, 400);
  return body?.['code'] === 400 || typeof body?.['error'] === 'string';
}
