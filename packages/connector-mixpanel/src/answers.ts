import { interpretAnswer, toSendOutcome } from '@currents/connector';
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
