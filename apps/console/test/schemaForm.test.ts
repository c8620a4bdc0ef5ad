import { expect, it } from 'vitest';
import { listOf, mapOf } from '../src/parts/entryFields.js';
import { isComplete } from '../src/parts/schemaForm.js';

const schema = {
  oneOf: [
    { properties: { kind: { const: 'token' }, token: { type: 'string' } }, required: ['kind', 'token'] },
    { properties: { kind: { const: 'account' }, user: {}, secret: {} }, required: ['kind', 'user', 'secret'] },
  ],
};

it.each([
  ['nothing', {}, false],
  ['all of the first kind', { token: 'a' }, true],
  ['a part of the chosen kind', { kind: 'account', user: 'a' }, false],
  ['all of the chosen kind', { kind: 'account', user: 'a', secret: 'b' }, true],
  ['an empty text', { kind: 'token', token: '' }, false],
])('knows whether credentials are complete: %s', (_what, values, expected) => {
  expect(isComplete(schema, values)).toBe(expected);
});

it('does not wait for properties that have a default', () => {
  const settings = { properties: { gzip: { type: 'boolean', default: true } }, required: ['gzip'] };
  expect(isComplete(settings, {})).toBe(true);
});

it('waits for an entry of a list or a map that is required', () => {
  const settings = {
    properties: { names: { type: 'array' }, headers: { type: 'object' } },
    required: ['names', 'headers'],
  };
  expect(isComplete(settings, { names: [], headers: { a: '1' } })).toBe(false);
  expect(isComplete(settings, { names: ['a'], headers: {} })).toBe(false);
  expect(isComplete(settings, { names: ['a'], headers: { a: '' } })).toBe(true);
});

it('leaves boxes that are empty out of lists and maps, and lists and maps without entries out of the values', () => {
  expect([listOf(['a', '', 'b']), listOf(['']), listOf([])]).toEqual([['a', 'b'], undefined, undefined]);
  const pairs = [
    ['x-team', 'growth'],
    ['', 'no name'],
    ['x-empty', ''],
  ] as const;
  expect(mapOf(pairs)).toEqual({ 'x-team': 'growth', 'x-empty': '' });
  expect(mapOf([['', '']])).toBeUndefined();
});
