import { brazeCohorts } from '@currents/connector';
import type { Push, PushResult } from '@currents/connector';
import { describe, expect, it } from 'vitest';

const [cohorts, users] = brazeCohorts.routes;
if (cohorts === undefined || users === undefined) throw new Error('expected two routes');

const declaration = {
  partner_api_key: 'pk',
  client_secret: 'dik',
  cohort_id: 'c-1',
  name: 'Buyers',
  created_at: '2026-01-21T19:20:30Z',
};
const change = { user_ids: ['u1'] };
const push = (body: unknown): Push => ({
  path: {},
  headers: {},
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const declare = (more: Record<string, unknown>) => cohorts.parse(push({ ...declaration, ...more }));
const changed = (cohort_changes: unknown, more: Record<string, unknown> = {}) =>
  users.parse(push({ client_secret: 'dik', cohort_id: 'c-1', cohort_changes, ...more }));
const ids = (count: number, prefix = 'u'): string[] => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

describe('cohorts', () => {
  it.each([
    ['2026-01-21T19:20:30Z', '2026-01-21T19:20:30.000Z'],
    ['2026-01-21T19:20:30.5+02:00', '2026-01-21T17:20:30.500Z'],
    ['2026-01-21T19:20:30-0330', '2026-01-21T22:50:30.000Z'],
    ['2026-01-21T19:20+01', '2026-01-21T18:20:00.000Z'],
    ['2026-01-21 19:20:30', '2026-01-21T19:20:30.000Z'],
    ['2026-01-21', '2026-01-21T00:00:00.000Z'],
  ])('accepts created_at %s', (created_at, at) => {
    expect(declare({ created_at })).toMatchObject({
      changes: [{ kind: 'declare', cohort: { createdAtMs: Date.parse(at) } }],
    });
  });

  it.each([
    ['cohort_id', { cohort_id: 7 }, 'expected a string as cohort_id, got a whole number'],
    ['cohort_id', { cohort_id: '' }, 'expected an id as cohort_id, got an empty string'],
    ['cohort_id', { cohort_id: 'c'.repeat(401) }, 'expected at most 400 characters as cohort_id, got 401'],
    ['name', { name: ' ' }, 'expected a string that is not empty as name, got an empty string'],
    ['name', { name: undefined }, 'expected a string that is not empty as name, got nothing'],
    [
      'created_at',
      { created_at: '21 January 2026' },
      'expected an ISO 8601 date, such as 2026-01-21T19:20:30Z, as created_at, got a string',
    ],
    [
      'created_at',
      { created_at: '2026-13-01T00:00:00Z' },
      'expected an ISO 8601 date, such as 2026-01-21T19:20:30Z, as created_at, got a string',
    ],
    [
      'created_at',
      { created_at: 1_700_000_000 },
      'expected an ISO 8601 date, such as 2026-01-21T19:20:30Z, as created_at, got a whole number',
    ],
  ])('is refused with a message about %s', (_, more, unreadable) => {
    expect(declare(more)).toEqual({ unreadable });
  });
});

describe('cohorts/users', () => {
  it('accepts an empty list of changes, by which partners test a key', () => {
    expect(changed([])).toEqual({ changes: [], refused: {} });
  });

  it('accepts at most 1,000 ids over all lists and changes', () => {
    const alias = { alias_name: 'n', alias_label: 'l' };
    const full = [
      { user_ids: ids(500), device_ids: ids(300, 'd') },
      { aliases: Array.from({ length: 200 }, () => alias), should_remove: true },
    ];
    expect(changed(full)).toMatchObject({
      changes: [
        { kind: 'add', members: { length: 800 } },
        { kind: 'remove', members: { length: 200 } },
      ],
    });
    expect(changed([...full, { user_ids: ['one'] }])).toEqual({
      unreadable: 'expected at most 1000 user_ids, device_ids and aliases in cohort_changes, got more',
    });
  });

  it.each([
    ['no list', { user_ids: ['u'] }, 'expected a list of objects as cohort_changes, got an object'],
    ['a list in quotes', '[]', 'expected a list of objects as cohort_changes, got a string'],
    ['nothing', undefined, 'expected a list of objects as cohort_changes, got nothing'],
    [
      'a list of strings',
      ['u'],
      'expected an object with user_ids, device_ids or aliases as each of cohort_changes, got a string',
    ],
    [
      'a change without ids',
      [{ should_remove: true }],
      'expected an object with user_ids, device_ids or aliases as each of cohort_changes, got none of them',
    ],
    ['numbers for ids', [{ user_ids: [1] }], 'expected a list of strings as user_ids'],
    ['one id', [{ device_ids: 'd' }], 'expected a list of strings as device_ids'],
    [
      'an incomplete alias',
      [{ aliases: [{ alias_name: 'n' }] }],
      'expected a list of objects with alias_name and alias_label, both strings, as aliases',
    ],
    [
      'a string as a flag',
      [{ ...change, should_remove: 'yes' }],
      'expected true or false as should_remove, got a string',
    ],
  ])('refuses %s', (_, cohort_changes, unreadable) => {
    expect(changed(cohort_changes)).toEqual({ unreadable });
  });
});

describe('the answer', () => {
  const good = push(declaration);
  it.each<[PushResult, number, string]>([
    [{ outcome: 'stored', cohorts: [] }, 201, 'success'],
    [{ outcome: 'repeated', cohorts: [] }, 201, 'success'],
    [{ outcome: 'unreadable', detail: 'why' }, 400, 'why'],
    [{ outcome: 'unknown_cohort', detail: 'why' }, 400, 'why'],
    [{ outcome: 'unauthorised', detail: 'why' }, 401, 'why'],
    [{ outcome: 'too_large', detail: 'why' }, 413, 'why'],
    [{ outcome: 'busy', detail: 'why' }, 423, 'why'],
    [{ outcome: 'unavailable', detail: 'why' }, 503, 'why'],
  ])('to %o is %d', (result, status, message) => {
    expect(cohorts.reply(good, result)).toEqual({ status, body: JSON.stringify({ message }) });
  });

  it('to a body that is not JSON, which has no key, names the position of the error', () => {
    const half = push('{"cohort_id":"c-1",');
    expect(users.readKey(half)).toBeUndefined();
    expect(users.reply(half, { outcome: 'unauthorised', detail: 'no key' })).toMatchObject({
      status: 400,
      body: expect.stringContaining('line 1, column 20'),
    });
  });
});

it('both keys are read only from the body', () => {
  const headers = { authorization: 'Bearer other' };
  for (const route of [cohorts, users]) {
    expect([route.readKey(push(declaration)), route.readPartnerKey?.(push(declaration))]).toEqual(['dik', 'pk']);
    expect([route.readKey({ ...push({}), headers }), route.readPartnerKey?.({ ...push({}), headers })]).toEqual([
      undefined,
      undefined,
    ]);
  }
});
