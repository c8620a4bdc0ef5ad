import { baseUrlOf, createRedactor, interpretAnswer, isRecord, readJsonObject } from '@currents/connector';
import type { AnswerRules, HttpAnswer, SendContext, UserAnswer, UserQuery } from '@currents/connector';
import { secretsOf } from './request.js';
import type { Credentials, Settings } from './settings.js';
import { readUserData } from './userData.js';

/** Amplitude, User Profile API reference. */
export const profileHosts = { us: 'https://profile-api.amplitude.com' } as const;
/** Amplitude’s keys have 32 characters; a much shorter text may occur by chance. */
const minKeyCharacters = 8;
const minuteMs = 60_000;

const rules: AnswerRules = {
  label: 'Amplitude',
  refusals: {
    401: { code: 'credentials_refused', advice: 'Amplitude does not know the secret key' },
    403: { code: 'access_refused', advice: 'check that the organisation may use the Profile API' },
    404: { code: 'not_found', advice: 'there is no such endpoint; check the base URL' },
  },
  isSuccess: ({ userData }) => isRecord(userData),
  throttledMs: minuteMs,
  waitBounds: { minMs: 1_000, maxMs: minuteMs },
};

/** Fetches one user's profile with one request. Never throws for what a partner or a network does. */
export async function lookUpUser(query: UserQuery, to: SendContext<Settings, Credentials>): Promise<UserAnswer> {
  const { settings, credentials, http } = to;
  if (settings.region === 'eu') {
    const detail = 'Amplitude offers profiles in the US region only';
    return { outcome: 'notAvailable', code: 'region_without_profiles', detail };
  }
  if (credentials.secretKey === undefined) {
    return { outcome: 'notAvailable', code: 'no_secret_key', detail: 'profiles need the secret key of the project' };
  }
  const answer = await http.request({
    method: 'GET',
    url: `${baseUrlOf(settings, profileHosts.us)}/v1/userprofile?${parametersOf(query).toString()}`,
    headers: { authorization: `Api-Key ${credentials.secretKey}`, accept: 'application/json' },
  });
  return repeatsKey(answer, credentials) ? keyRepeated : readAnswer(answer, query, credentials);
}

function parametersOf({ userId, deviceId, parts }: UserQuery): URLSearchParams {
  const { properties, cohortIds, computations, recommendations, propensities } = parts;
  const parameters: Readonly<Record<string, string | false | undefined>> = {
    user_id: userId,
    device_id: deviceId,
    get_amp_props: properties && 'true',
    get_cohort_ids: cohortIds && 'true',
    get_computations: computations === 'all' && 'true',
    comp_id: computations !== 'all' && computations?.join(','),
    get_recs: recommendations && 'true',
    rec_id: recommendations?.ids.join(','),
    rec_type: recommendations?.type,
    get_propensity: propensities && 'true',
    prediction_id: propensities?.predictionIds.join(','),
    propensity_type: propensities && (propensities.type === 'percentile' ? 'pct' : 'score'),
  };
  return new URLSearchParams(
    Object.entries(parameters).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

/** A mirror at a base URL may return the request's headers as a profile. */
function repeatsKey(answer: HttpAnswer, credentials: Credentials): boolean {
  if (answer.status !== 200 || !('body' in answer)) return false;
  return secretsOf(credentials).some((key) => key.length >= minKeyCharacters && answer.body.includes(key));
}

const keyRepeated: UserAnswer = {
  outcome: 'unreachable',
  code: 'key_repeated',
  detail: 'HTTP 200 with a body that repeats a key; check the base URL',
};

/** The reference gives a text for most answers and a status for few, so the text is read first. */
function readAnswer(answer: HttpAnswer, query: UserQuery, credentials: Credentials): UserAnswer {
  const body = ('body' in answer ? readJsonObject(answer.body) : undefined) ?? {};
  const error = typeof body['error'] === 'string' ? body['error'] : '';
  if (error.startsWith('User id and device id not seen before')) return { outcome: 'notFound' };
  const isTooMany = error.startsWith('Number of requests per minute exceeds');

  const said = interpretAnswer(
    answer,
    rules,
    createRedactor(secretsOf(credentials), () => [query.userId, query.deviceId]),
  );
  if (said.kind === 'success') {
    const predictionIds = query.parts.propensities?.predictionIds ?? [];
    return { outcome: 'found', profile: readUserData(body['userData'] as typeof body, predictionIds) };
  }
  if (isTooMany || said.code === 'throttled') {
    const detail = 'Amplitude accepts 600 requests a minute of one organisation';
    return { outcome: 'throttled', afterMs: said.afterMs ?? minuteMs, detail };
  }
  const code = said.kind === 'invalid' ? `http_${answer.status}` : said.code;
  return { outcome: said.kind === 'refused' ? 'refused' : 'unreachable', code, detail: said.detail };
}
