import type { Connector, UserAnswer, UserQuery } from '@currents/connector';
import { lookUpUserProfile, deleteCurrent, type UserProfileQuestion } from '@currents/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fakeConnector } from '../fakeConnector.js';
import { openCoreHarness, type CoreHarness } from './coreHarness.js';

let harness: CoreHarness;
let current: string;
beforeAll(async () => {
  harness = await openCoreHarness();
  current = await harness.draft('to ask');
});
afterAll(() => harness.close());

const asked: UserQuery[] = [];
const ines: UserProfileQuestion = { userId: 'ines', parts: { properties: true } };

/** Asks through a connector that answers so. */
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

it('what the destination knows of a user is told', async () => {
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
])('every answer has a type of its own: %o', async (answer, told) => {
  expect(await ask(() => answer)).toMatchObject(told);
});

it('credentials that an answer repeats are not shown', async () => {
  const answer = await ask(() => ({
    outcome: 'refused',
    code: 'bad_key',
    detail: 'we do not know a-key-of-the-partner',
  }));
  expect(answer).toMatchObject({ kind: 'LookupRefused' });
  expect(JSON.stringify(answer)).not.toContain('of-the-partner');
});

it('a connector that fails is not quoted', async () => {
  const answer = await ask(() => {
    throw new TypeError('cannot read a-key-of-the-partner');
  });
  expect(answer).toEqual({ kind: 'LookupFailed', reason: 'lookup_threw', message: 'the connector failed: TypeError' });
});

it('a destination that cannot be asked is not', async () => {
  expect(await lookUpUserProfile(harness.admin, current, ines)).toMatchObject({
    kind: 'LookupNotAvailable',
    reason: 'not_offered',
  });
});

it.each<[string, UserProfileQuestion, string]>([
  ['nobody', { parts: {} }, 'userId'],
  ['blanks', { userId: ' ', parts: {} }, 'userId'],
  ['a very long id', { deviceId: 'x'.repeat(1_025), parts: {} }, 'deviceId'],
  ['half a character', { deviceId: '\ud800', parts: {} }, 'deviceId'],
  ['no ids', { userId: 'ines', parts: { recommendations: { ids: [] } } }, 'recommendationIds'],
  [
    'too many ids',
    { userId: 'ines', parts: { computations: Array.from({ length: 51 }, () => 'c') } },
    'computationIds',
  ],
  [
    'an id that would be two',
    { userId: 'ines', parts: { propensities: { predictionIds: ['a,b'], type: 'score' } } },
    'predictionIds',
  ],
])('%s: the question is refused before the destination is asked', async (_what, question, field) => {
  const answer = await ask(notFound, question);
  expect(answer).toMatchObject({
    kind: 'InputInvalid',
    problems: [{ path: [field], message: expect.stringContaining('expected') }],
  });
  expect(asked).toEqual([]);
});

it('a Current that is missing or deleted asks nobody', async () => {
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
