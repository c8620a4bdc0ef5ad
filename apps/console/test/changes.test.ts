import { expect, it } from 'vitest';
import { differencesOf, onlyIn, patchOf } from '../src/screens/current/changes.js';

it.each([
  ['nothing', { region: 'eu', limits: { a: 1 } }, { limits: { a: 1 }, region: 'eu' }, undefined],
  ['another value', { region: 'eu' }, { region: 'us' }, { region: 'us' }],
  ['one that is gone', { region: 'eu', baseUrl: 'https://a' }, { region: 'eu' }, { baseUrl: null }],
  ['one that is new, beside one that no form edits', { list: [1] }, { list: [1], flag: false }, { flag: false }],
  [
    'a map with one entry less, one more and another value',
    { headers: { a: '1', b: '2', c: '3' } },
    { headers: { a: '1', c: '4', d: '5' } },
    { headers: { b: null, c: '4', d: '5' } },
  ],
  ['a map that is gone', { headers: { a: '1' } }, {}, { headers: null }],
  ['a shorter list', { names: ['a', 'b'] }, { names: ['b'] }, { names: ['b'] }],
])('makes a merge patch of %s', (_what, before, after, patch) => {
  expect(patchOf(before, after)).toEqual(patch);
});

it('says what a patch replaces', () => {
  expect(differencesOf({ region: 'eu', limit: 5 }, { region: null, limit: 6, isStrict: true })).toEqual([
    { name: 'region', from: 'eu', to: 'the default' },
    { name: 'limit', from: '5', to: '6' },
    { name: 'isStrict', from: 'the default', to: 'true' },
  ]);
  expect(differencesOf({ headers: { a: '1', b: '2' } }, { headers: { b: null, c: '3' } })).toEqual([
    { name: 'headers', from: '{"a":"1","b":"2"}', to: '{"a":"1","c":"3"}' },
  ]);
});

it('lists what only one of two sets has', () => {
  expect(onlyIn(['a', 'b', 'c'], new Set(['b']))).toEqual(['a', 'c']);
});
