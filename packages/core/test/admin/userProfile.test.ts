import type { Connector, UserAnswer, UserQuery } from '@currents/connector';
import { lookUpUserProfile, deleteCurrent, type UserProfileQuestion } from '@currents/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fakeConnector } from '../fakeConnector.js';
import { openCoreHarness, type CoreHarness } from './coreHarness.js';

let harness: CoreHarness;
let current: string;
beforeAll(async () => {
  harness = await openCoreHarness();
  current = await harness.draft('looked up');
});
afterAll(() => harness.close());

const asked: UserQuery[] = [];
const ines: UserProfileQuestion = { userId: 'ines', parts: { properties: true } };

/** Looks up a user through a connector that returns this answer. */
function ask(answer: () => UserAnswer, question = ines, id = current) {
  asked.length = 0;
  const connector: Connector = {
    ...fakeConnector(harness.partner),
    async lookUpUser(query) {
      asked.push(query);
      return answer();
    },
  };
  return lookUpUserProfile(harness.open({ connector }), id, question);
}

const notFound = (): UserAnswer => ({ outcome: 'notFound' });

it('a lookup returns the profile that the destination has of a user', async () => {
  const answer = await ask(() => ({
    outcome: 'found',
    profile: { userId: 'ines', properties: { visits: 3 }, cohortIds: ['c'] },
  }));
  expect(answer).toEqual({ kind: 'UserProfile', userId: 'ines', properties: { visits: 3 }, cohortIds: ['c'] });
  expect(asked).toEqual([{ userId: 'ines', parts: { properties: true } }]);
});

it.each<[UserAnswer, object]>([
  [{ outcome: 'notFound' }, { kind: 'UserNotFound' }],
  [
    { outcome: 'notAvailable', code: 'region', detail: 'not here' },
    { kind: 'LookupNotAvailable', reason: 'region', message: 'not here' },
  ],
  [
    { outcome: 'refused', code: 'bad_key', detail: 'no' },
    { kind: 'LookupRefused', reason: 'bad_key', message: 'no' },
  ],
  [
    { outcome: 'throttled', afterMs: 60_000, detail: '600 a minute' },
    { kind: 'LookupThrottled', retryAfterMs: 60_000, message: '600 a minute' },
  ],
  [
    { outcome: 'unreachable', code: 'timeout', detail: 'no answer' },
    { kind: 'LookupFailed', reason: 'timeout', message: 'no answer' },
  ],
])('each answer of a connector maps to its own result type: %o', async (answer, result) => {
  expect(await ask(() => answer)).toMatchObject(result);
});

it('credentials in an answer are redacted', async () => {
  const answer = await ask(() => ({
    outcome: 'refused',
    code: 'bad_key',
    detail: 'we do not know a-key-of-the-partner',
  }));
  expect(answer).toMatchObject({ kind: 'LookupRefused' });
  expect(JSON.stringify(answer)).not.toContain('of-the-partner');
});

it('the error message of a connector that throws is not shown', async () => {
  const answer = await ask(() => {
    throw new TypeError('cannot read a-key-of-the-partner');
  });
  expect(answer).toEqual({ kind: 'LookupFailed', reason: 'lookup_threw', message: 'the connector failed: TypeError' });
});

it('a lookup is not available for a destination without user lookup', async () => {
  expect(await lookUpUserProfile(harness.admin, current, ines)).toMatchObject({
    kind: 'LookupNotAvailable',
    reason: 'not_offered',
  });
});

it.each<[string, UserProfileQuestion, string]>([
  ['no id', { parts: {} }, 'userId'],
  ['blanks', { userId: ' ', parts: {} }, 'userId'],
  ['a very long id', { deviceId: 'x'.repeat(1_025), parts: {} }, 'deviceId'],
  ['half a character', { deviceId: '\ud800', parts: {} }, 'deviceId'],
  ['an empty list of ids', { userId: 'ines', parts: { recommendations: { ids: [] } } }, 'recommendationIds'],
  [
    'too many ids',
    { userId: 'ines', parts: { computations: Array.from({ length: 51 }, () => 'c') } },
    'computationIds',
  ],
  [
    'an id with a comma',
    { userId: 'ines', parts: { propensities: { predictionIds: ['a,b'], type: 'score' } } },
    'predictionIds',
  ],
])('a lookup with %s is refused without a request to the destination', async (_what, question, field) => {
  const answer = await ask(notFound, question);
  expect(answer).toMatchObject({
    kind: 'InputInvalid',
    problems: [{ path: [field], message: expect.stringContaining('expected') }],
  });
  expect(asked).toEqual([]);
});

it('a lookup through an unknown or deleted Current sends no request', async () => {
  expect(await ask(notFound, ines, '999999')).toMatchObject({ kind: 'CurrentNotFound' });
  const gone = await harness.draft('gone');
  await deleteCurrent(harness.admin, gone, 'gone');
  expect(await ask(notFound, ines, gone)).toMatchObject({
    kind: 'CurrentWrongState',
    state: 'deleted',
    allowedActions: [],
  });
  expect(asked).toEqual([]);
});
