import { redact, readJsonObject, retryAfterMs } from '@currents/connector';
import type { HttpAnswer, SendContext, UserAnswer, UserQuery } from '@currents/connector';
import { hostOf, secretsOf } from './request.js';
import type { Credentials, Settings } from './settings.js';
import { isRecord, readUserData } from './userData.js';

/** Amplitude, User Profile API reference. */
const HOST = 'https://profile-api.amplitude.com';
/** Amplitude’s keys have 32 characters; what is much shorter is no key, and may stand anywhere. */
const SHORTEST_KEY = 8;
const MINUTE_MS = 60_000;
const WAIT = { minMs: 1_000, maxMs: MINUTE_MS };

const silences = { timeout: 'timeout', unreachable: 'unreachable', broken: 'broken_connection' } as const;

interface Refusal {
  readonly code: string;
  readonly advice: string;
}

/** Asking again changes nothing before a person repairs the Current. */
const refusals: Readonly<Record<number, Refusal>> = {
  401: { code: 'credentials_refused', advice: 'Amplitude does not know the secret key' },
  403: { code: 'access_refused', advice: 'check that the organisation may use the Profile API' },
  404: { code: 'not_found', advice: 'there is no such endpoint; check the base URL' },
};

const redirected: Refusal = { code: 'redirected', advice: 'this is not followed; check the base URL' };

/** Fetches one user's profile with one request. Never throws for anything a partner or a network can do. */
export async function lookUpUser(query: UserQuery, to: SendContext<Settings, Credentials>): Promise<UserAnswer> {
  const { settings, credentials, http } = to;
  if (settings.region === 'eu') {
    return {
      outcome: 'notAvailable',
      code: 'region_without_profiles',
      detail: 'Amplitude offers profiles in the US region only',
    };
  }
  if (credentials.secretKey === undefined) {
    return { outcome: 'notAvailable', code: 'no_secret_key', detail: 'profiles need the secret key of the project' };
  }
  const answer = await http.request({
    method: 'GET',
    url: `${hostOf(settings, HOST)}/v1/userprofile?${parametersOf(query).toString()}`,
    headers: { authorization: `Api-Key ${credentials.secretKey}`, accept: 'application/json' },
  });
  const payloads = [query.userId, query.deviceId];
  if (
    'body' in answer &&
    answer.status === 200 &&
    secretsOf(credentials).some((secret) => secret.length >= SHORTEST_KEY && answer.body.includes(secret))
  ) {
    return {
      outcome: 'unreachable',
      code: 'key_repeated',
      detail: 'HTTP 200 with a body that repeats a key; check the base URL',
    };
  }
  return readAnswer(answer, query, (words) => redact(words, { secrets: secretsOf(credentials), payloads }));
}

function parametersOf({ userId, deviceId, parts }: UserQuery): URLSearchParams {
  const { properties, cohortIds, computations, recommendations, propensities } = parts;
  const parameters = new URLSearchParams();
  if (userId !== undefined) parameters.set('user_id', userId);
  if (deviceId !== undefined) parameters.set('device_id', deviceId);
  if (properties === true) parameters.set('get_amp_props', 'true');
  if (cohortIds === true) parameters.set('get_cohort_ids', 'true');
  if (computations === 'all') parameters.set('get_computations', 'true');
  else if (computations !== undefined) parameters.set('comp_id', computations.join(','));
  if (recommendations !== undefined) {
    parameters.set('get_recs', 'true');
    parameters.set('rec_id', recommendations.ids.join(','));
    if (recommendations.type !== undefined) parameters.set('rec_type', recommendations.type);
  }
  if (propensities !== undefined) {
    parameters.set('get_propensity', 'true');
    parameters.set('prediction_id', propensities.predictionIds.join(','));
    parameters.set('propensity_type', propensities.type === 'percentile' ? 'pct' : 'score');
  }
  return parameters;
}

/** The reference gives a text for most answers and a status for few, so the text is read first. */
function readAnswer(answer: HttpAnswer, { parts }: UserQuery, say: (words: string) => string): UserAnswer {
  if ('failure' in answer) {
    return { outcome: 'unreachable', code: silences[answer.failure], detail: say(`no answer: ${answer.detail}`) };
  }
  const { status } = answer;
  const body = readJsonObject(answer.body) ?? {};
  const error = typeof body['error'] === 'string' ? body['error'] : '';
  if (error.startsWith('User id and device id not seen before')) return { outcome: 'notFound' };
  if (status === 429 || error.startsWith('Number of requests per minute exceeds')) {
    const afterMs = retryAfterMs(answer.headers, WAIT) ?? MINUTE_MS;
    return { outcome: 'throttled', afterMs, detail: 'Amplitude takes 600 requests a minute of one organisation' };
  }
  const refusal = status >= 300 && status < 400 ? redirected : refusals[status];
  if (refusal !== undefined)
    return { outcome: 'refused', code: refusal.code, detail: `HTTP ${status}: ${refusal.advice}` };
  const userData = body['userData'];
  if (status === 200 && isRecord(userData)) {
    return { outcome: 'found', profile: readUserData(userData, parts.propensities?.predictionIds ?? []) };
  }
  if (status === 200)
    return { outcome: 'unreachable', code: 'unreadable_answer', detail: 'HTTP 200 with a body that is no profile' };
  return {
    outcome: 'unreachable',
    code: `http_${status}`,
    detail: error === '' ? `HTTP ${status}` : `HTTP ${status}: ${say(error)}`,
  };
}
