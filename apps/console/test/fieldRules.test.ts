import { expect, it } from 'vitest';
import { describeRule, emptyDraft, givenRules, moved, ruleOf, type Rule } from '../src/screens/current/fieldRules.js';

const shown = { allowOnly: null, constant: null, drop: null, filter: null, hash: null, rename: null, truncate: null };

it.each([
  [{ kind: 'drop', fields: ' ad_id \n\nproperties.card\n' }, { drop: { fields: ['ad_id', 'properties.card'] } }],
  [{ kind: 'hash', fields: 'loyalty_card' }, { hash: { fields: ['loyalty_card'] } }],
  [{ kind: 'allowOnly', fields: 'plan' }, { allowOnly: { fields: ['plan'] } }],
  [{ kind: 'truncate', fields: 'comment', maxLength: '5' }, { truncate: { fields: ['comment'], maxLength: 5 } }],
  [{ kind: 'rename', fields: 'plan', to: ' tier ' }, { rename: { field: 'plan', to: 'tier' } }],
  [{ kind: 'constant', to: 'by', value: 'Currents' }, { constant: { name: 'by', value: 'Currents' } }],
  [{ kind: 'constant', to: 'by', valueKind: 'number', value: '2.5' }, { constant: { name: 'by', value: 2.5 } }],
  [{ kind: 'constant', to: 'by', valueKind: 'boolean', value: 'false' }, { constant: { name: 'by', value: false } }],
  [{ kind: 'filter', fields: 'plan' }, { filter: { field: 'plan', isInverted: false } }],
  [
    { kind: 'filter', fields: 'plan', values: 'a\nb', isInverted: true },
    { filter: { field: 'plan', isInverted: true, values: ['a', 'b'] } },
  ],
] as const)('makes a rule of the form %j', (draft, rule) => {
  expect(ruleOf({ ...emptyDraft, ...draft })).toEqual(rule);
});

it('gives rules back as they were given', () => {
  const rules = [
    { ...shown, drop: { fields: ['a'] } },
    { ...shown, rename: { field: 'a', to: 'b' } },
  ];
  expect(givenRules({ rules })).toEqual([{ drop: { fields: ['a'] } }, { rename: { field: 'a', to: 'b' } }]);
});

it('describes rules', () => {
  const rules: readonly Rule[] = [
    { drop: { fields: ['a', 'b'] } },
    { constant: { name: 'by', value: true } },
    { filter: { field: 'plan', values: ['x', 'y'], isInverted: true } },
    { filter: { field: 'plan', isInverted: false, values: null } },
  ];
  expect(rules.map(describeRule)).toEqual([
    'Take fields out: a, b',
    'Add by = true',
    'Leave out all events but those whose plan is x or y',
    'Leave out events that have plan',
  ]);
});

it('moves a rule up and down', () => {
  const [a, b, c]: readonly Rule[] = ['a', 'b', 'c'].map((field) => ({ drop: { fields: [field] } }));
  const rules = [a, b, c] as readonly Rule[];
  expect(moved(rules, 2, -1)).toEqual([a, c, b]);
  expect(moved(rules, 0, 1)).toEqual([b, a, c]);
});
