import { afterAll, beforeAll, expect, it } from 'vitest';
import { apiKeyOf, secretKeyOf, startAmplitudeHub, type AmplitudeHub } from './amplitudeHub.js';

let hub: AmplitudeHub;
const currents: Record<string, string> = {};
beforeAll(async () => {
  hub = await startAmplitudeHub({ projects: { us: {}, busy: {}, eu: { region: 'eu' } } });
  hub.amplitude.control.setUserProfile({
    userId: 'ines',
    ampProps: { visits: 12, plan: 'gold' },
    cohortIds: ['c1', 'c3'],
    recommendations: [
      {
        rec_id: 'r1',
        items: ['pan', 'lid'],
        is_control: false,
        recommendation_source: 'model',
        last_updated: 1_608_670_720,
      },
    ],
    computations: { spend: '5000' },
    propensities: { p1: { score: 0.5, pct: 83 }, p2: { score: 0.1, pct: 9 } },
  });
  // Profiles have a separate host.
  const at = hub.amplitude.urls['profile'] ?? '';
  for (const [name, settings] of Object.entries({ us: {}, busy: {}, eu: { region: 'eu' } })) {
    currents[name] = String(await hub.launch(name, { settings: { baseUrl: at, ...settings } }));
  }
  currents['stranger'] = String(await hub.launch('stranger', { settings: { baseUrl: at } }));
});
afterAll(() => hub?.stop());

async function ask(current: string, input: object) {
  const { userProfile } = await hub.client.ask<{ userProfile: object }>(
    `query ($id: ID!, $input: UserProfileInput!) {
      userProfile(currentId: $id, input: $input) {
        __typename
        ... on UserProfile { userId properties cohortIds recommendations { id items isControl source updatedAt } propensities { predictionId value } }
        ... on LookupThrottled { message retryAfterMs } ... on LookupRefused { message reason } ... on LookupNotAvailable { message reason }
      }
    }`,
    { id: `cur_${currents[current]}`, input },
  );
  return userProfile;
}

it('a lookup returns a user’s properties, cohorts, computations, recommendations and predictions', async () => {
  const all = {
    userId: 'ines',
    cohortIds: true,
    computations: true,
    recommendationIds: ['r1'],
    predictionIds: ['p1', 'p2'],
    propensityType: 'PERCENTILE',
  };
  expect(await ask('us', all)).toEqual({
    __typename: 'UserProfile',
    userId: 'ines',
    properties: { visits: 12, plan: 'gold', spend: '5000' },
    cohortIds: ['c1', 'c3'],
    recommendations: [
      { id: 'r1', items: ['pan', 'lid'], isControl: false, source: 'model', updatedAt: '2020-12-22T20:58:40.000Z' },
    ],
    propensities: [
      { predictionId: 'p1', value: 83 },
      { predictionId: 'p2', value: 9 },
    ],
  });
});

it('a lookup returns only the requested parts', async () => {
  const nothing = { cohortIds: null, recommendations: null, propensities: null };
  expect(await ask('us', { userId: 'ines' })).toEqual({
    __typename: 'UserProfile',
    userId: 'ines',
    properties: { visits: 12, plan: 'gold' },
    ...nothing,
  });
});

it('a user that Amplitude does not know is not found', async () => {
  expect(await ask('us', { userId: 'nobody', deviceId: 'none' })).toEqual({ __typename: 'UserNotFound' });
});

it('an unknown secret key is refused and not shown', async () => {
  const answer = await ask('stranger', { userId: 'ines' });
  expect(answer).toMatchObject({ __typename: 'LookupRefused', reason: 'credentials_refused' });
  expect(JSON.stringify(answer)).not.toContain(secretKeyOf('stranger'));
});

it('a lookup in the EU is not available, and sends no request', async () => {
  const before = hub.amplitude.control.summary().requests;
  expect(await ask('eu', { userId: 'ines' })).toMatchObject({
    __typename: 'LookupNotAvailable',
    reason: 'region_without_profiles',
  });
  expect(hub.amplitude.control.summary().requests).toBe(before);
});

it('a lookup after 600 requests in a minute returns the time to wait', async () => {
  const url = `${hub.amplitude.urls['profile']}/v1/userprofile?user_id=ines`;
  const headers = { authorization: `Api-Key ${secretKeyOf('busy')}` };
  for (let calls = 0; calls < 600; calls += 50) {
    await Promise.all(Array.from({ length: 50 }, async () => (await fetch(url, { headers })).arrayBuffer()));
  }
  expect(await ask('busy', { userId: 'ines' })).toEqual({
    __typename: 'LookupThrottled',
    message: expect.stringContaining('600'),
    retryAfterMs: 60_000,
  });
  hub.amplitude.control.advanceClock(60_000);
  expect(await ask('busy', { userId: 'ines' })).toMatchObject({ __typename: 'UserProfile' });
});

it('the log contains neither keys nor users', () => {
  for (const line of hub.complaints)
    for (const word of [apiKeyOf('us'), secretKeyOf('us'), secretKeyOf('stranger'), 'ines'])
      expect(line).not.toContain(word);
});
