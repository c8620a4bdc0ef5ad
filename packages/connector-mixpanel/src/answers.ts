import { interpretAnswer, jsonObjectIn, toSendOutcome } from '@currents/connector';
import type { AnswerRules, HttpAnswer, SendOutcome } from '@currents/connector';
import type { Settings } from './settings.js';

/** Nothing is accepted until an admin acts; Mixpanel, Ingestion API and Query API, error responses. */
export const refusals: AnswerRules['refusals'] = {
  401: { code: 'credentials_refused', advice: 'check the credentials, the project id and the region' },
  402: { code: 'payment_required', advice: 'check the plan of the Mixpanel project' },
  403: { code: 'access_refused', advice: 'check the role of the service account' },
  404: { code: 'not_found', advice: 'check the region and the base URL' },
};

/** `{"status": 1}` is an answer of `/track`, which does not import. */
const rules = (eventCount: number, isCompressed: boolean): AnswerRules => ({
  label: 'Mixpanel',
  refusals,
  isCompressed,
  isSuccess: ({ code, status }) => code === 200 || status === 'OK',
  acceptedCount: { field: 'num_records_imported', sent: eventCount },
});

/** The outcome for all events of a request that an answer treats alike. `say` redacts Mixpanel's words. */
export function readAnswer(
  answer: HttpAnswer,
  eventCount: number,
  { gzip }: Pick<Settings, 'gzip'>,
  say: (words: string) => string,
): SendOutcome {
  return toSendOutcome(interpretAnswer(answer, rules(eventCount, gzip), say));
}

/**
 * The outcome for all updates of profiles of a request that an answer treats alike. `status` is 1 for a success and 0 for a
 * failure, of which `error` says more; a 200 may be either (Mixpanel, Set Property reference, verbose).
 */
export function readProfileAnswer(answer: HttpAnswer, count: number, say: (words: string) => string): SendOutcome {
  const body = jsonObjectIn(answer, 200);
  const { status, error, failed_records: failed } = body ?? {};
  if (status === 0 || (typeof error === 'string' && error !== ''))
    return { outcome: 'split', code: 'bad_request', detail: say(`HTTP 200: ${textOf(error)}`) };
  if (Array.isArray(failed) && failed.length > 0)
    return {
      outcome: 'split',
      code: 'unclear_answer',
      detail: 'HTTP 200: some updates were refused, and none is named',
    };
  const { acceptedCount, ...usual } = rules(count, false);
  const isConfirmed = status === 1;
  const own: AnswerRules = {
    ...usual,
    isSuccess: (given) => isConfirmed || given['code'] === 200 || given['status'] === 'OK',
    ...(!isConfirmed && acceptedCount && { acceptedCount }),
  };
  return toSendOutcome(interpretAnswer(answer, own, say));
}

function textOf(error: unknown): string {
  return typeof error === 'string' && error !== '' ? error : 'no reason given';
}
