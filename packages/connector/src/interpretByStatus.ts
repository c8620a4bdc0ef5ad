import { z } from 'zod';
import { firstText } from './authorizationHeader.js';
import type { SendOutcome } from './connector.js';
import type { HttpAnswer } from './http.js';
import { interpretAnswer, toSendOutcome, type AnswerRules } from './interpretAnswer.js';

/** Which statuses of a receiver mean what; all others are retried. */
interface StatusLists {
  readonly deliveredStatuses: string;
  readonly refusedStatuses: string;
  readonly blockedStatuses: string;
}

/** Settings for a receiver whose answers only its owner knows: lists such as `2xx, 409`. */
export const statusSettings = {
  deliveredStatuses: statusList('2xx', 'the receiver has all events of the request.').refine(
    (statuses) => statuses.split(',').some((each) => /^[2-5]/.test(each.trim())),
    'expected at least one status from 200 on: without it, nothing is ever delivered',
  ),
  refusedStatuses: statusList(
    '400, 413, 422',
    'it refuses the request as it is. Sent again in halves; an event that is refused alone is a dead letter.',
  ),
  blockedStatuses: statusList(
    '401, 403, 404, 410',
    'a person has to act. The Current is blocked, keeps its events and is probed. All other statuses are retried.',
  ),
};

function statusList(usual: string, meaning: string) {
  return z
    .string()
    .max(200)
    .regex(/^( *[1-5](\d\d|xx) *(,(?! *$)|$))*$/, 'expected statuses such as 409 or 2xx with commas between')
    .default(usual)
    .describe(`Statuses, with commas between, that mean: ${meaning}`);
}

/**
 * Interprets an answer by its status alone, whichever family it is of: the first list that has it decides. `say` redacts the
 * receiver's words.
 */
export function interpretByStatus(
  answer: HttpAnswer,
  settings: StatusLists & { readonly gzip: boolean },
  say: (words: string) => string,
): SendOutcome {
  const { status } = answer;
  if (isAmong(settings.deliveredStatuses, status)) return { outcome: 'delivered' };
  const isBlocking = isAmong(settings.blockedStatuses, status);
  const isRefusing = !isBlocking && isAmong(settings.refusedStatuses, status);
  if (status >= 200 && status < 300 && !isBlocking && !isRefusing) return unlistedSuccess(status, settings);
  const refusal = { code: `http_${status}`, advice: 'check the URL, the token and the receiver' };
  const rules: AnswerRules = {
    label: 'the receiver',
    refusals: isBlocking ? { [status]: refusal } : {},
    isCompressed: settings.gzip,
    isInvalid: () => isRefusing,
    explanationIn: ({ error, message, detail }) => firstText(error, message, detail),
  };
  return toSendOutcome(interpretAnswer(answer, rules, say));
}

function unlistedSuccess(status: number, { deliveredStatuses }: StatusLists): SendOutcome {
  const detail = `HTTP ${status}: expected one of the deliveredStatuses (${deliveredStatuses}), got another success; add it if it means that the receiver has the events`;
  return { outcome: 'deferred', code: 'unreadable_answer', detail, scope: 'current' };
}

/** Whether the list has the status; 0, no answer, is in none. */
function isAmong(statuses: string, status: number): boolean {
  const family = `${String(status)[0]}xx`;
  return statuses.split(',').some((each) => each.trim() === String(status) || each.trim() === family);
}
