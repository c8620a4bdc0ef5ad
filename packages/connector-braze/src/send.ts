import { answerAll, baseUrlOf, createRedactor, joinJson, toSendOutcome, toTestResult } from '@currents/connector';
import type {
  BodyPiece,
  HttpAnswer,
  HttpRequest,
  Item,
  SendContext,
  SendResult,
  TestResult,
} from '@currents/connector';
import { readAnswer, readBody } from './answers.js';
import type { UserAttributes } from './map.js';
import { readObjectErrors } from './objectErrors.js';
import type { Credentials, Settings } from './settings.js';

type To = SendContext<Settings, Credentials>;

/** Makes one request to `/users/track` and returns what became of each user in it. */
export async function send(items: readonly Item<UserAttributes>[], to: To): Promise<readonly SendResult[]> {
  const answer = await to.http.request(trackRequest(['{"attributes":[', ...joinJson(items), ']}'], to));
  const say = createRedactor([to.credentials.restApiKey], () => items.map(({ payload }) => payload));
  const outcome = toSendOutcome(readAnswer(answer, say));
  const errors = outcome.outcome === 'delivered' ? errorsIn(answer) : [];
  return errors.length === 0 ? answerAll(items, outcome) : readObjectErrors(items, errors, say);
}

/** The list `errors` of an accepted request: all users that it does not name are accepted. */
function errorsIn(answer: HttpAnswer): readonly unknown[] {
  const errors = readBody(answer)?.['errors'];
  if (errors === undefined || errors === null) return [];
  return Array.isArray(errors) ? errors : [errors];
}

/** Sends an empty list. A key is checked first, so that a 400 about the list means that it is valid. */
export async function test(to: To): Promise<TestResult> {
  const answer = await to.http.request(trackRequest('{"attributes":[]}', to));
  const body = 'status' in answer && answer.status === 400 ? readBody(answer) : undefined;
  if (typeof body?.['message'] === 'string') return { outcome: 'passed' };
  return toTestResult(toSendOutcome(readAnswer(answer, createRedactor([to.credentials.restApiKey]))));
}

/** Braze, Track users. The key stands in a header; gzip is not documented. */
function trackRequest(body: string | readonly BodyPiece[], { settings, credentials }: To): HttpRequest {
  return {
    method: 'POST',
    url: `${baseUrlOf(settings, settings.restEndpoint)}/users/track`,
    headers: {
      authorization: `Bearer ${credentials.restApiKey}`,
      'content-type': 'application/json',
      accept: 'application/json',
    },
    body,
  };
}
