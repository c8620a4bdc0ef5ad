import type { ParsedPush, Push, PushResult } from '@currents/connector';
import { describe, expect, it } from 'vitest';
import { cohortImport } from '../src/cohort.js';

const webhook = cohortImport.routes.find(({ path }) => path === 'webhook');
if (webhook === undefined) throw new Error('expected a webhook');

function push(action: unknown, parameters: Record<string, unknown> = {}): Push {
  const usual = {
    mixpanel_cohort_id: '7',
    mixpanel_cohort_name: 'Buyers',
    mixpanel_session_id: 's',
    page_info: { total_pages: 1, page_count: 1 },
    members: [],
  };
  return { path: {}, headers: {}, body: JSON.stringify({ action, parameters: { ...usual, ...parameters } }) };
}

const parse = (action: unknown, parameters?: Record<string, unknown>): ParsedPush =>
  webhook.parse(push(action, parameters));

describe('the webhook', () => {
  it.each([
    ['2 of 3', { total_pages: 3, page_count: 2 }, { page: 2, pages: 3 }],
    ['in texts', { total_pages: '3', page_count: '2' }, { page: 2, pages: 3 }],
    ['a page of none', { total_pages: 0, page_count: 0 }, { page: 1, pages: 1 }],
    ['more than were announced', { total_pages: 2, page_count: 3 }, { page: 3, pages: 3 }],
  ])('reads the page: %s', (_, page_info, session) => {
    for (const action of ['members', 'add_members', 'remove_members']) {
      expect(parse(action, { page_info })).toMatchObject({ changes: [{ session: { id: 's', ...session } }] });
    }
  });

  it.each([
    ['no session', { mixpanel_session_id: undefined }],
    ['no page', { page_info: undefined }],
    ['a page that is no number', { page_info: { total_pages: 1, page_count: 'first' } }],
  ])('replaces nothing when the end of the membership is unknown, but adds and removes: %s', (_, more) => {
    expect(parse('members', more)).toHaveProperty('unreadable');
    expect(parse('add_members', more)).toEqual({
      changes: [{ kind: 'add', cohort: { id: '7', name: 'Buyers' }, members: [] }],
      refused: {},
    });
    expect(parse('remove_members', more)).toMatchObject({ changes: [{ kind: 'remove' }] });
  });

  it('accepts null as an empty list, except where that would empty a cohort', () => {
    expect(parse('add_members', { members: null })).toMatchObject({ changes: [{ members: [] }] });
    expect(parse('members', { members: null })).toHaveProperty('unreadable');
  });

  it('reads a numeric id as its digits, and refuses one that JSON has rounded', () => {
    const { body } = push('add_members', { members: [{ mixpanel_distinct_id: '@' }] });
    const parsed = webhook.parse({ path: {}, headers: {}, body: body.replace('"@"', '12345678901234567890') });
    expect(parsed).toMatchObject({ changes: [{ members: [] }], refused: { id_not_exact: 1 } });
  });
});

describe('the answer', () => {
  it.each<[PushResult, number]>([
    [{ outcome: 'stored', cohorts: [] }, 200],
    [{ outcome: 'repeated', cohorts: [] }, 200],
  ])('to %o repeats the action', (result, status) => {
    for (const action of ['members', 'add_members', 'remove_members']) {
      expect(webhook.reply(push(action), result)).toEqual({
        status,
        body: JSON.stringify({ action, status: 'success' }),
      });
    }
  });

  it.each<[PushResult['outcome'], number]>([
    ['unreadable', 400],
    ['unauthorised', 401],
    ['unknown_cohort', 404],
    ['too_large', 413],
    ['busy', 429],
    ['unavailable', 503],
  ])('to %s is a failure with the status %d', (outcome, code) => {
    const reply = webhook.reply(push('add_members'), { outcome, detail: 'why' } as PushResult);
    expect(reply.status).toBe(code);
    expect(JSON.parse(reply.body)).toEqual({
      action: 'add_members',
      status: 'failure',
      error: { message: 'why', code },
    });
  });

  it('names no action when it is missing or unknown', () => {
    for (const body of ['{"action":"refresh"}', '{', '']) {
      const reply = webhook.reply({ path: {}, headers: {}, body }, { outcome: 'unreadable', detail: 'why' });
      expect(JSON.parse(reply.body)).toEqual({ status: 'failure', error: { message: 'why', code: 400 } });
    }
  });
});

it.each([
  ['Basic OmtleQ==', 'key'],
  ['basic dXNlcjprZXk6d2l0aDpjb2xvbnM=', 'key:with:colons'],
  ['Basic dXNlcjo=', undefined],
  ['Bearer key', undefined],
])('the key is the password of %s: %s', (authorization, key) => {
  expect(webhook.readKey({ path: {}, headers: { authorization }, body: '' })).toBe(key);
});
