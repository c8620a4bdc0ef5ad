import type { CohortRoute, Push, PushResult } from '@currents/connector';
import { describe, expect, it } from 'vitest';
import { amplitude } from '@currents/connector-amplitude';
import { readListName } from '../src/cohortName.js';

const routeAt = (path: string): CohortRoute => {
  const route = amplitude.cohortImport!.routes.find((known) => known.path === path);
  if (route === undefined) throw new Error(`expected a route ${path}`);
  return route;
};
const [webhook, lists, add] = ['webhook', 'lists', 'lists/:listId/add'].map(routeAt) as [
  CohortRoute,
  CohortRoute,
  CohortRoute,
];
const push = (body: unknown, headers: Push['headers'] = {}, path: Push['path'] = {}): Push => ({
  path,
  headers,
  body: JSON.stringify(body),
});
const example = {
  cohort_name: 'Buyers',
  cohort_id: 'c1',
  in_cohort: true,
  computed_time: '1692206763',
  message_id: 'm',
  users: [{ user_id: 'u' }],
};
const parseWith = (more: Record<string, unknown>) => webhook.parse(push({ ...example, ...more }));

describe('a cohort', () => {
  it.each([
    ['Buyers', '[Amplitude] Buyers: cxyzz3hz'],
    ['[Amplitude] Buyers: cxyzz3hz', '[Amplitude] Buyers: cxyzz3hz'],
    ['[Amplitude] Buyers', '[Amplitude] Buyers: cxyzz3hz'],
    ['Buyers: cxyzz3hz', '[Amplitude] Buyers: cxyzz3hz'],
    ['Step 2: buyers', '[Amplitude] Step 2: buyers: cxyzz3hz'],
    ['cxyzz3hz', '[Amplitude] cxyzz3hz: cxyzz3hz'],
    ['[Amplitude] : cxyzz3hz', '[Amplitude] cxyzz3hz: cxyzz3hz'],
  ])('with the name %s is displayed as %s', (name, shown) => {
    expect(amplitude.cohortImport!.displayName?.({ id: 'cxyzz3hz', name })).toBe(shown);
    expect(amplitude.cohortImport!.displayName?.({ id: 'cxyzz3hz', name: shown })).toBe(shown);
  });

  it.each([
    ['[Amplitude] Buyers: cxyzz3hz', { id: 'cxyzz3hz', name: 'Buyers' }],
    ['[Amplitude] A: b: c: cxyzz3hz', { id: 'cxyzz3hz', name: 'A: b: c' }],
    ['Buyers: cxyzz3hz', { id: 'cxyzz3hz', name: 'Buyers' }],
    ['Buyers', { id: 'Buyers', name: 'Buyers' }],
    ['Buyers: ', { id: 'Buyers: ', name: 'Buyers: ' }],
  ])('is identified by the name of its list, %s', (listName, cohort) => {
    expect(readListName(listName)).toEqual(cohort);
  });

  it('keeps its id even if its name is long', () => {
    const name = `[Amplitude] ${'long '.repeat(400)}: cxyzz3hz`;
    expect(lists.parse(push({ name }))).toMatchObject({ changes: [{ cohort: { id: 'cxyzz3hz' } }] });
  });
});

describe('the webhook', () => {
  it.each([
    ['1692206763', 1_692_206_763_000],
    [1_692_206_763, 1_692_206_763_000],
    ['1692206763.25', 1_692_206_763_250],
    [1_692_206_763_250, 1_692_206_763_250],
    ['', undefined],
    [null, undefined],
  ])('reads the time of the computation: %j', (computed_time, computedAtMs) => {
    const change = { kind: 'add', cohort: { id: 'c1', name: 'Buyers' }, members: [{ externalId: 'u' }] };
    expect(parseWith({ computed_time })).toEqual({
      changes: [{ ...change, computedAtMs }],
      refused: {},
      dedupeKey: 'm',
    });
  });

  it.each([
    ['in_cohort', 'maybe', 'expected true or false as in_cohort, got a string'],
    ['in_cohort', undefined, 'expected true or false as in_cohort, got nothing'],
    ['computed_time', '${computed_time}', 'expected Unix seconds as computed_time, got a string'],
    ['computed_time', '2023-08-16', 'expected Unix seconds as computed_time, got a string'],
    ['cohort_id', '', 'expected an id as cohort_id, got an empty string'],
    ['users', {}, 'expected a list as users, got an object'],
  ])('refuses %s: %j', (field, value, unreadable) => {
    expect(parseWith({ [field]: value })).toEqual({ unreadable });
  });
});

describe('lists', () => {
  it('contain their id in every spelling that Amplitude may read', () => {
    const reply = lists.reply(push({ name: 'x' }), { outcome: 'stored', cohorts: [{ id: 'c1', listId: 'list_1' }] });
    expect(reply).toEqual({ status: 200, body: '{"listId":"list_1","list_id":"list_1","data":{"id":"list_1"}}' });
  });

  it('accept 10,000 ids per request', () => {
    const userIds = Array.from({ length: 10_000 }, (_, index) => `user-${index}`);
    expect(add.parse(push({ userIds }, {}, { listId: 'list_1' }))).toMatchObject({
      changes: [{ members: { length: 10_000 } }],
    });
  });
});

it.each<[PushResult['outcome'], number]>([
  ['stored', 200],
  ['repeated', 200],
  ['unreadable', 400],
  ['unauthorised', 401],
  ['unknown_cohort', 404],
  ['too_large', 413],
  ['busy', 429],
  ['unavailable', 503],
])('%s is answered %d', (outcome, status) => {
  const result = { outcome, detail: 'why', cohorts: [{ id: 'c1', listId: 'list_1' }] } as unknown as PushResult;
  for (const route of [webhook, lists, add]) expect(route.reply(push({}), result).status).toBe(status);
});

it.each([
  [{ authorization: 'Bearer key' }],
  [{ authorization: 'Basic a2V5Og==' }],
  [{ authorization: 'Basic OmtleQ==' }],
  [{ authorization: 'key' }],
  [{ 'x-data-import-key': 'key' }],
  [{ 'x-api-key': 'key' }],
])('the key is found in %j', (headers) => {
  for (const route of [webhook, lists, add]) expect(route.readKey(push({}, headers))).toBe('key');
});
