import { interpretAnswer, readJsonObject } from '@currents/connector';
import type { AnswerRules, HttpAnswer } from '@currents/connector';
import { throttledAnswer } from './throttling.js';

/** Nothing is accepted until an admin acts; Braze, API errors and responses. */
const refusals: AnswerRules['refusals'] = {
  401: {
    code: 'credentials_refused',
    advice: 'check the REST API key, its permission users.track and the REST endpoint',
  },
  403: { code: 'access_refused', advice: 'check the permissions of the REST API key and the plan' },
  404: { code: 'not_found', advice: 'check the REST endpoint' },
};

/** An hour: the longest period of Braze's limits. */
const waitBounds = { minMs: 1_000, maxMs: 3_600_000 };

const rules: AnswerRules = {
  label: 'Braze',
  refusals,
  isSuccess: ({ message }) => isSuccess(message),
  explanationIn: ({ message }) => message,
  waitBounds,
};

export function readBody(answer: HttpAnswer): Readonly<Record<string, unknown>> | undefined {
  return 'body' in answer ? readJsonObject(answer.body) : undefined;
}

/** What an answer says about all users of a request. `say` redacts Braze's words. */
export function readAnswer(answer: HttpAnswer, say: (words: string) => string): ReturnType<typeof interpretAnswer> {
  return interpretAnswer(throttledAnswer(asRefusal(answer)), rules, say);
}

/** `queued` with 202: stored during maintenance (Braze, API errors and responses). */
function isSuccess(message: unknown): boolean {
  return message === 'success' || message === 'queued';
}

/** A 2xx with another message than success refuses the whole request, as a 400 does. */
function asRefusal(answer: HttpAnswer): HttpAnswer {
  if ('failure' in answer || answer.status < 200 || answer.status >= 300) return answer;
  const message = readBody(answer)?.['message'];
  if (typeof message !== 'string' || isSuccess(message)) return answer;
  return { ...answer, status: 400 };
}
