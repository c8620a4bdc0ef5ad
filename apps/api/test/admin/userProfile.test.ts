import type { HttpAnswer } from '@currents/connector';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { good, openAdminHarness, type AdminHarness } from './adminHarness.js';

const apiKey = '7c1f0e5a9b3d48260f1e2d3c4b5a6978';
const secretKey = 'e2d5b489637c1f0e8897a6b5c4d3e2f1';
const json = (status: number, body: unknown): HttpAnswer => ({ status, headers: {}, body: JSON.stringify(body) });

let harness: AdminHarness;
let us: string;
let eu: string;
let keyless: string;
let mixpanel: string;
beforeAll(async () => {
  harness = await openAdminHarness();
  const amplitude = (name: string, region: string, credentials: object) =>
    create({ ...good, name, destination: 'amplitude', settings: { region }, credentials });
  us = await amplitude('US', 'us', { apiKey, secretKey });
  eu = await amplitude('EU', 'eu', { apiKey, secretKey });
  keyless = await amplitude('without', 'us', { apiKey });
  mixpanel = await create(good);
});
afterEach(() => void (harness.asked.length = 0));
afterAll(() => harness.close());

async function create(input: object): Promise<string> {
  return harness.createCurrent(input);
}

const userProfile = `query ($id: ID!, $input: UserProfileInput!) {
  userProfile(currentId: $id, input: $input) {
    __typename
    ... on UserProfile {
      userId deviceId properties cohortIds
      recommendations { id childId items isControl source updatedAt }
      propensities { predictionId value }
    }
    ... on Problem { message }
    ... on LookupNotAvailable { reason } ... on LookupRefused { reason } ... on LookupFailed { reason }
    ... on LookupThrottled { retryAfterMs }
  }
}`;
const ask = (id: string, input: object = { userId: 'ines' }) => harness.do(userProfile, { id, input });

describe('a user’s profile at Amplitude', () => {
  it('is requested with the secret key, and returned with all of its parts', async () => {
    harness.partner = () =>
      json(200, {
        userData: {
          user_id: 'ines',
          device_id: null,
          amp_props: { visits: 12 },
          cohort_ids: ['c1'],
          recommendations: [
            { rec_id: 'r1', items: ['pan', { sku: 7 }], is_control: false, last_updated: 1_608_670_720 },
          ],
          propensities: [{ pred_id: 'p1', prop: 83 }],
        },
      });
    const input = {
      userId: 'ines',
      cohortIds: true,
      recommendationIds: ['r1'],
      predictionIds: ['p1'],
      propensityType: 'PERCENTILE',
    };
    expect(await ask(us, input)).toEqual({
      __typename: 'UserProfile',
      userId: 'ines',
      deviceId: null,
      properties: { visits: 12 },
      cohortIds: ['c1'],
      recommendations: [
        {
          id: 'r1',
          childId: null,
          items: ['pan', '{"sku":7}'],
          isControl: false,
          source: null,
          updatedAt: '2020-12-22T20:58:40.000Z',
        },
      ],
      propensities: [{ predictionId: 'p1', value: 83 }],
    });
    const [request] = harness.asked;
    const url = new URL(request?.url ?? '');
    expect(url.origin + url.pathname).toBe('https://profile-api.amplitude.com/v1/userprofile');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      user_id: 'ines',
      get_amp_props: 'true',
      get_cohort_ids: 'true',
      get_recs: 'true',
      rec_id: 'r1',
      get_propensity: 'true',
      prediction_id: 'p1',
      propensity_type: 'pct',
    });
    expect(request?.headers?.['authorization']).toBe(`Api-Key ${secretKey}`);
  });

  it.each<[string, HttpAnswer, object]>([
    ['an unknown user', json(400, { error: 'User id and device id not seen before' }), { __typename: 'UserNotFound' }],
    [
      'a bad key',
      { status: 401, headers: {}, body: `Invalid Api-Key ${secretKey}` },
      { __typename: 'LookupRefused', reason: 'credentials_refused' },
    ],
    [
      'more than 600 requests a minute',
      json(429, { error: 'Number of requests per minute exceeds system limit' }),
      { __typename: 'LookupThrottled', retryAfterMs: 60_000 },
    ],
    ['an outage', { status: 500, headers: {}, body: '<html>' }, { __typename: 'LookupFailed', reason: 'http_500' }],
    [
      'no answer',
      { status: 0, failure: 'timeout', detail: 'no answer in time' },
      { __typename: 'LookupFailed', reason: 'timeout' },
    ],
  ])('has a separate result type for %s', async (_what, answer, result) => {
    harness.partner = () => answer;
    expect(await ask(us)).toMatchObject(result);
  });

  it.each([
    ['in the EU', () => eu, 'region_without_profiles'],
    ['without the secret key', () => keyless, 'no_secret_key'],
    ['at a destination without user lookup', () => mixpanel, 'not_offered'],
  ])('is not available %s, and no request is sent', async (_what, id, code) => {
    expect(await ask(id())).toMatchObject({ __typename: 'LookupNotAvailable', reason: code });
    expect(harness.asked).toEqual([]);
  });

  it('is refused without an id', async () => {
    expect(await ask(us, {})).toMatchObject({ __typename: 'InputInvalid', message: expect.stringContaining('userId') });
  });

  it('leaves no key in responses, and neither key nor user in the log', () => {
    const answers = harness.answers.join('\n');
    for (const secret of [apiKey, secretKey]) expect(answers).not.toContain(secret);
    for (const word of [apiKey, secretKey, 'ines']) expect(harness.log.join('\n')).not.toContain(word);
  });
});
