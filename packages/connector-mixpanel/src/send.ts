import { answerAll, createRedactor, joinJson, jsonObjectIn, redact, toTestResult } from '@currents/connector';
import type { HttpAnswer, Item, SendContext, SendResult, TestResult } from '@currents/connector';
import { readAnswer } from './answers.js';
import { readFailedRecords, type FailedRecords } from './failedRecords.js';
import type { ImportEvent } from './map.js';
import { importRequest, secretsOf } from './request.js';
import type { Credentials, Settings } from './settings.js';

/** Makes one request to `/import` and returns what became of each of its events. */
export async function send(
  items: readonly Item<ImportEvent>[],
  to: SendContext<Settings, Credentials>,
): Promise<readonly SendResult[]> {
  const answer = await to.http.request(importRequest(['[', ...joinJson(items), ']'], to));
  const secrets = secretsOf(to.credentials);

  const failed = jsonObjectIn(answer, 400);
  const records = failed && readFailedRecords(failed, items);
  if (records !== undefined) return answerByRecord(items, records, secrets);
  const say = createRedactor(secrets, () => items.map((item) => item.payload));
  return answerAll(items, readAnswer(answer, items.length, to.settings, say));
}

function answerByRecord(
  items: readonly Item<ImportEvent>[],
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
    const detail = 'HTTP 400: other events were refused, and the answer does not show whether this one was imported';
    return { id, outcome: 'split', code: 'unclear_answer', detail };
  });
}

/**
 * Sends an empty list. Mixpanel checks the credentials first, so a 400 about the list means that they are valid.
 */
export async function test(to: SendContext<Settings, Credentials>): Promise<TestResult> {
  const answer = await to.http.request(importRequest('[]', to));
  if (isErrorAboutList(answer)) return { outcome: 'passed' };
  return toTestResult(readAnswer(answer, 0, to.settings, createRedactor(secretsOf(to.credentials))));
}

function isErrorAboutList(answer: HttpAnswer): boolean {
  const body = jsonObjectIn(answer, 400);
  return body?.['code'] === 400 || typeof body?.['error'] === 'string';
}
