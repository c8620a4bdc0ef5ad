import { redact, readJsonObject } from '@currents/connector';
import type { HttpAnswer, SendContext, TestResult } from '@currents/connector';
import { secretsOf, uploadRequest } from './request.js';
import type { Credentials, Settings } from './settings.js';
import { verdictOn } from './verdict.js';

/**
 * Asks with an empty list. Amplitude looks at the API key first, so a 400 that misses the events means that it is good.
 * Says nothing of the secret key, which no export needs.
 */
export async function test(to: SendContext<Settings, Credentials>): Promise<TestResult> {
  const answer = await to.http.request(uploadRequest([], to));
  if (isComplaintAboutEvents(answer)) return { outcome: 'passed' };
  const say = (words: string): string => redact(words, { secrets: secretsOf(to.credentials), payloads: [] });
  const verdict = verdictOn(answer, { settings: to.settings, events: 0, say });
  if (verdict.outcome === 'delivered') return { outcome: 'passed' };
  const outcome = verdict.outcome === 'deferred' ? 'unreachable' : 'refused';
  return { outcome, code: verdict.code, detail: verdict.detail };
}

function isComplaintAboutEvents(answer: HttpAnswer): boolean {
  if (answer.status !== 400 || !('body' in answer)) return false;
  const said = readJsonObject(answer.body);
  return said?.['error'] === 'Request missing required field' && said['missing_field'] !== 'api_key';
}
