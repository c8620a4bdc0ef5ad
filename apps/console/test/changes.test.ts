import { expect, it } from 'vitest';
import { differencesOf, onlyIn, patchOf } from '../src/screens/current/changes.js';

it.each([
  ['nothing', { region: 'eu', limits: { a: 1 } }, { limits: { a: 1 }, region: 'eu' }, undefined],
  ['another value', { region: 'eu' }, { region: 'us' }, { region: 'us' }],
  ['one that is gone', { region: 'eu', baseUrl: 'https://a' }, { region: 'eu' }, { baseUrl: null }],
  ['one that is new, beside one that no form edits', { list: [1] }, { list: [1], flag: false }, { flag: false }],
])('makes a merge patch of %s', (_what, before, after, patch) => {
  expect(patchOf(before, after)).toEqual(patch);
});

it('says what a patch replaces', () => {
  expect(differencesOf({ region: 'eu', limit: 5 }, { region: null, limit: 6, isStrict: true })).toEqual([
    { name: 'region', from: 'eu', to: 'the default' },
    { name: 'limit', from: '5', to: '6' },
    { name: 'isStrict', from: 'the default', to: 'true' },
  ]);
});

it('lists what only one of two sets has', () => {
  expect(onlyIn(['a', 'b', 'c'], new Set(['b']))).toEqual(['a', 'c']);
});
