import type { HttpAnswer, UserAnswer, UserQuery } from '@currents/connector';
import { htmlAnswer, jsonAnswer, noAnswer, scriptedHttp, textAnswer } from '@currents/connector/conformance';
import { amplitude } from '@currents/connector-amplitude';
import { describe, expect, it } from 'vitest';

const lookUpUser = amplitude.lookUpUser ?? expect.unreachable('Amplitude can be asked');
const settings = amplitude.settings.parse({ region: 'us' });
const credentials = amplitude.credentials.parse({ apiKey: '7c1f0e5a9b3d4826', secretKey: 'e2d5b489637c1f0e' });
const ines: UserQuery = { userId: 'ines & co/ü', parts: { properties: true } };

async function lookUp(answer: HttpAnswer, lookup = ines): Promise<UserAnswer> {
  return lookUpUser(lookup, { settings, credentials, http: scriptedHttp(answer) });
}

describe('the request', () => {
  it.each<[string, UserQuery, Record<string, string>]>([
    ['a user', { userId: 'ines & co/ü', parts: {} }, { user_id: 'ines & co/ü' }],
    ['a device', { deviceId: 'd-1', parts: { cohortIds: true } }, { device_id: 'd-1', get_cohort_ids: 'true' }],
    [
      'both',
      { userId: 'ines', deviceId: 'd-1', parts: { properties: true } },
      { user_id: 'ines', device_id: 'd-1', get_amp_props: 'true' },
    ],
    ['only the chosen parts', { userId: 'ines', parts: { properties: false, cohortIds: false } }, { user_id: 'ines' }],
    [
      'all computations',
      { userId: 'ines', parts: { computations: 'all' } },
      { user_id: 'ines', get_computations: 'true' },
    ],
    [
      'some computations',
      { userId: 'ines', parts: { computations: ['c1', 'c2'] } },
      { user_id: 'ines', comp_id: 'c1,c2' },
    ],
    [
      'recommendations',
      { userId: 'ines', parts: { recommendations: { ids: ['r1', 'r2'], type: 'random' } } },
      { user_id: 'ines', get_recs: 'true', rec_id: 'r1,r2', rec_type: 'random' },
    ],
    [
      'propensities',
      { userId: 'ines', parts: { propensities: { predictionIds: ['p1'], type: 'percentile' } } },
      { user_id: 'ines', get_propensity: 'true', prediction_id: 'p1', propensity_type: 'pct' },
    ],
  ])('%s', async (_, lookup, query) => {
    const http = scriptedHttp(jsonAnswer(200, { userData: {} }));
    await lookUpUser(lookup, { settings, credentials, http });
    const url = new URL(http.requests[0]?.url ?? '');
    expect(url.origin + url.pathname).toBe('https://profile-api.amplitude.com/v1/userprofile');
    expect(Object.fromEntries(url.searchParams)).toStrictEqual(query);
  });

  it('the secret key is sent only in the header', async () => {
    const http = scriptedHttp(jsonAnswer(200, { userData: {} }));
    await lookUpUser(ines, { settings, credentials, http });
    const [request] = http.requests;
    expect(request?.method).toBe('GET');
    expect(request?.headers?.['authorization']).toBe('Api-Key e2d5b489637c1f0e');
    expect(JSON.stringify({ ...request, headers: {} })).not.toMatch(/e2d5b489637c1f0e|7c1f0e5a9b3d4826/);
  });

  it('a base URL also replaces the host of profiles', async () => {
    const http = scriptedHttp(jsonAnswer(200, { userData: {} }));
    const relayed = amplitude.settings.parse({ region: 'us', baseUrl: 'http://localhost:4020/' });
    await lookUpUser(ines, { settings: relayed, credentials, http });
    expect(http.requests[0]?.url).toMatch(/^http:\/\/localhost:4020\/v1\/userprofile\?/);
  });
});

describe('the answer', () => {
  it('a profile is read into the hub’s format', async () => {
    const userData = {
      user_id: 'ines',
      device_id: 'd-1',
      amp_props: { library: 'http/1.0', visits: 12, 'computed-spend': '5000' },
      cohort_ids: ['c1', 'c3'],
      recommendations: [
        {
          rec_id: 'r1',
          child_rec_id: 'r1b',
          items: ['pan', 'lid'],
          is_control: true,
          recommendation_source: 'model',
          last_updated: 1608670720,
        },
      ],
      propensity: null,
      propensities: [{ prop: 83, pred_id: 'p1', prop_type: 'pct' }],
    };
    expect(await lookUp(jsonAnswer(200, { userData }))).toStrictEqual({
      outcome: 'found',
      profile: {
        userId: 'ines',
        deviceId: 'd-1',
        properties: { library: 'http/1.0', visits: 12, 'computed-spend': '5000' },
        cohortIds: ['c1', 'c3'],
        recommendations: [
          { id: 'r1', childId: 'r1b', items: ['pan', 'lid'], isControl: true, source: 'model', updatedAt: 1608670720 },
        ],
        propensities: [{ predictionId: 'p1', value: 83 }],
      },
    });
  });

  it('parts that are null, or not of their type, are missing', async () => {
    const userData = {
      user_id: 'ines',
      device_id: null,
      amp_props: [1],
      cohort_ids: null,
      recommendations: [{ rec_id: 1 }],
      propensities: [null],
    };
    expect(await lookUp(jsonAnswer(200, { userData }))).toStrictEqual({
      outcome: 'found',
      profile: { userId: 'ines', recommendations: [], propensities: [] },
    });
  });

  it('a single propensity belongs to the only requested prediction', async () => {
    const answer = jsonAnswer(200, { userData: { user_id: 'ines', propensity: 0.5 } });
    const asking = (...predictionIds: readonly string[]): UserQuery => ({
      userId: 'ines',
      parts: { propensities: { predictionIds, type: 'score' } },
    });
    expect(await lookUp(answer, asking('p1'))).toMatchObject({
      profile: { propensities: [{ predictionId: 'p1', value: 0.5 }] },
    });
    expect(await lookUp(answer, asking('p1', 'p2'))).toStrictEqual({ outcome: 'found', profile: { userId: 'ines' } });
  });

  const unseen = { error: 'User id and device id not seen before' };
  const tooMany = {
    error: 'Number of requests per minute exceeds system limit. Contact Support if you need this limit raised',
  };
  it.each<[string, HttpAnswer, object]>([
    ['an unknown user', jsonAnswer(200, unseen), { outcome: 'notFound' }],
    ['an unknown user, as 400', jsonAnswer(400, unseen), { outcome: 'notFound' }],
    ['a bad key', textAnswer(401, 'Invalid Api-Key'), { outcome: 'refused', code: 'credentials_refused' }],
    ...[301, 302, 303, 307, 308].map((status): [string, HttpAnswer, object] => [
      `a redirection, ${status}`,
      htmlAnswer(status),
      { outcome: 'refused', code: 'redirected' },
    ]),
    ['a wrong path', textAnswer(404, ''), { outcome: 'refused', code: 'not_found' }],
    ['too many requests', jsonAnswer(429, tooMany), { outcome: 'throttled', afterMs: 60_000 }],
    ['too many requests, without the status', jsonAnswer(400, tooMany), { outcome: 'throttled', afterMs: 60_000 }],
    ['429 that says when', textAnswer(429, '', { 'retry-after': '9' }), { outcome: 'throttled', afterMs: 9_000 }],
    ['an outage', htmlAnswer(500), { outcome: 'unreachable', code: 'http_500' }],
    [
      'an unknown error',
      jsonAnswer(400, { error: 'no luck' }),
      { outcome: 'unreachable', code: 'http_400', detail: 'HTTP 400: no luck' },
    ],
    [
      'a body that is not a profile',
      jsonAnswer(200, { userData: null }),
      { outcome: 'unreachable', code: 'unreadable_answer' },
    ],
    ['half an answer', textAnswer(200, '{"userData":{"us'), { outcome: 'unreachable', code: 'unreadable_answer' }],
    ['a timeout', noAnswer('timeout'), { outcome: 'unreachable', code: 'timeout' }],
    ['a broken connection', noAnswer('broken'), { outcome: 'unreachable', code: 'broken_connection' }],
  ])('%s', async (_, answer, result) => {
    expect(await lookUp(answer)).toMatchObject(result);
  });

  it('a profile that contains a key is not returned', async () => {
    for (const key of ['e2d5b489637c1f0e', '7c1f0e5a9b3d4826']) {
      const answer = jsonAnswer(200, { userData: { user_id: 'ines', amp_props: { seen: `Api-Key ${key}` } } });
      expect(await lookUp(answer)).toStrictEqual({
        outcome: 'unreachable',
        code: 'key_repeated',
        detail: 'HTTP 200 with a body that repeats a key; check the base URL',
      });
    }
  });

  it('neither key nor id is in a detail', async () => {
    const error = `no user ines & co/ü for e2d5b489637c1f0e`;
    expect(await lookUp(jsonAnswer(418, { error }))).toMatchObject({
      detail: 'HTTP 418: no user [hidden] for [hidden]',
    });
  });
});

describe('no request is made', () => {
  it.each([
    ['in the EU', { settings: amplitude.settings.parse({ region: 'eu' }), credentials }, 'region_without_profiles'],
    [
      'without the secret key',
      { settings, credentials: amplitude.credentials.parse({ apiKey: 'k' }) },
      'no_secret_key',
    ],
  ])('%s', async (_, to, code) => {
    const http = scriptedHttp();
    expect(await lookUpUser(ines, { ...to, http })).toMatchObject({ outcome: 'notAvailable', code });
    expect(http.requests).toStrictEqual([]);
  });
});
