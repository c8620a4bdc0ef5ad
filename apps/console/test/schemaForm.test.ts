import { expect, it } from 'vitest';
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
