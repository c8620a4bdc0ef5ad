import { redact, readJsonObject } from '@currents/connector';
import type { HttpAnswer, SendContext, TestResult } from '@currents/connector';
import { importRequest, secretsOf } from './request.js';
import type { Credentials, Settings } from './settings.js';
import { verdictOn } from './verdict.js';

/**
 * Asks with an empty list. Mixpanel looks at the credentials first, so a 400 that complains about the list means that
 * they are good.
 */
export async function test(to: SendContext<Settings, Credentials>): Promise<TestResult> {
  const answer = await to.http.request(importRequest('[]', to));
  if (isComplaintAboutList(answer)) return { outcome: 'passed' };
  const verdict = verdictOn(answer, (words) => redact(words, { secrets: secretsOf(to.credentials), payloads: [] }));
  if (verdict.outcome === 'delivered') return { outcome: 'passed' };
  const outcome = verdict.outcome === 'blocked' ? 'refused' : 'unreachable';
  return { outcome, code: verdict.code, detail: verdict.detail };
}

function isComplaintAboutList(answer: HttpAnswer): boolean {
  if (answer.status !== 400 || !('body' in answer)) return false;
  const said = readJsonObject(answer.body);
  return said?.['code'] === 400 || typeof said?.['error'] === 'string';
}
