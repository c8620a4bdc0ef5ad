import { expect, it } from 'vitest';
import { definitionOf, sayDefinition, type Condition } from '../src/screens/cohorts/definition.js';

const buyers: Condition = { is: 'includes', cohortId: 'coh_1' };
const staff: Condition = { is: 'excludes', cohortId: 'coh_2' };

it.each([
  ['nothing while a cohort is not chosen', 'all', [buyers, { is: 'includes', cohortId: '' }], undefined],
  ['one condition as itself', 'any', [buyers], { includes: 'coh_1' }],
  ['conditions that all hold', 'all', [buyers, staff], { all: [{ includes: 'coh_1' }, { excludes: 'coh_2' }] }],
  ['conditions of which any holds', 'any', [buyers, staff], { any: [{ includes: 'coh_1' }, { excludes: 'coh_2' }] }],
] as const)('defines %s', (_name, match, conditions, expected) => {
  expect(definitionOf({ match, conditions })).toEqual(expected);
});

it('says a definition in words, with brackets where it needs them', () => {
  const [inBuyers, inTrial, notStaff] = [
    { includes: { name: 'Buyers' } },
    { includes: { name: 'Trial' } },
    { excludes: { name: 'Staff' } },
  ];
  expect(sayDefinition({ all: [{ any: [inBuyers, inTrial] }, notStaff] })).toBe(
    '(in Buyers or in Trial) and not in Staff',
  );
  expect(sayDefinition({ not: inBuyers })).toBe('not in Buyers');
});
