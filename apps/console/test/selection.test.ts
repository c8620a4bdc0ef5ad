import { expect, it } from 'vitest';
import { changedSelection, selectionOf, ticksOf } from '../src/screens/selection.js';

const types = (...names: readonly string[]) => names.map((name) => ({ name }));
const catalogue = [
  {
    name: 'message',
    channels: [
      { key: 'message/email', eventTypes: types('email.Open', 'email.Click') },
      { key: 'message/sms', eventTypes: types('sms.Delivery') },
    ],
  },
  { name: 'behaviour', channels: [{ key: 'behaviour/custom', eventTypes: types('Purchase', 'Location') }] },
];
const all = new Set(['email.Open', 'email.Click', 'sms.Delivery', 'Purchase', 'Location']);

it.each([
  ['nothing', [], { groups: [], channels: [], eventTypes: [] }],
  ['a part of a channel', ['email.Open'], { groups: [], channels: [], eventTypes: ['email.Open'] }],
  ['a whole channel', ['sms.Delivery'], { groups: [], channels: ['message/sms'], eventTypes: [] }],
  [
    'a whole group',
    ['email.Open', 'email.Click', 'sms.Delivery'],
    { groups: ['message'], channels: [], eventTypes: [] },
  ],
  [
    'a whole channel and a part of another group',
    ['email.Open', 'email.Click', 'Purchase'],
    { groups: [], channels: ['message/email'], eventTypes: ['Purchase'] },
  ],
])('names %s as a whole where it is one', (_name, ticked, expected) => {
  expect(selectionOf({ catalogue }, all, new Set(ticked))).toEqual(expected);
});

it('leaves out what the destination does not support', () => {
  const supported = new Set(['email.Open', 'Purchase']);
  expect(ticksOf({ catalogue }, supported)).toEqual(['email.Open', 'Purchase']);
  // What is ticked from a former destination is not selected.
  expect(selectionOf({ catalogue }, supported, new Set(['sms.Delivery', 'email.Open']))).toEqual({
    groups: ['message'],
    channels: [],
    eventTypes: [],
  });
});

it('keeps what a former selection names and the destination supports nothing of', () => {
  const former = {
    groups: ['message', 'behaviour'],
    channels: ['message/sms'],
    eventTypes: ['email.Click', 'Purchase'],
  };
  const supported = new Set(['email.Open', 'email.Click']);
  expect(changedSelection({ catalogue }, supported, new Set(['email.Open']), former)).toEqual({
    groups: ['behaviour'],
    channels: ['message/sms'],
    eventTypes: ['email.Open', 'Purchase'],
  });
});
