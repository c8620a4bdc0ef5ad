import { expect, it } from 'vitest';
import { checkFieldRules } from '../../src/currents/checkFieldRules.js';
import { readFieldRules, storeFieldRules, type FieldRule } from '../../src/fieldRules/fieldRule.js';

function problemsOf(rules: readonly FieldRule[], isWithoutContactDetails = false): readonly string[] {
  const checked = checkFieldRules({ isWithoutContactDetails, rules });
  return 'problems' in checked ? checked.problems.map(({ path, message }) => `${path.join('.')}: ${message}`) : [];
}

const drop = (...fields: string[]): FieldRule => ({ drop: { fields } });
const hash = (...fields: string[]): FieldRule => ({ hash: { fields } });

it.each<readonly [FieldRule, string]>([
  [drop(), 'rules.0.drop.fields: expected at least one field, got none'],
  [drop(''), 'expected a name or a path such as "properties.custom_properties.plan", got ""'],
  [drop('plan..x'), 'expected a name or a path'],
  [drop('custom_properties.plan'), 'expected a name, or a path such as "properties.…", "user.external_user_id"'],
  [drop('user.user_id'), 'expected a name, or a path'],
  [drop('a\\b'), 'expected "\\" only before ".", "*" or "\\", got "a\\\\b"'],
  [drop('*a*b*c*d*'), 'expected at most 4 "*" in a name'],
  [drop('a', 'a'), 'rules.0.drop.fields.1: expected each field once, got it twice'],
  [drop('x'.repeat(301)), 'expected at most 300 characters, got 301'],
  [hash('user.timezone'), 'expected a property or user.external_user_id, user.device_id, got "user.timezone"'],
  [{ truncate: { fields: ['user.device_id'], maxLength: 5 } }, 'expected a property, got "user.device_id"'],
  [{ truncate: { fields: ['a'], maxLength: 0 } }, 'truncate.maxLength: expected a whole number from 1 to 10000, got 0'],
  [{ rename: { field: 'a*', to: 'b' } }, 'expected a field without "*", got "a*"'],
  [{ rename: { field: 'a', to: ' ' } }, 'rename.to: expected a name of 1 to 100 characters'],
  [{ constant: { name: 'a', value: 'x'.repeat(1_001) } }, 'expected at most 1000 characters, got 1001'],
  [{ filter: { field: 'a', values: [] } }, 'filter.values: expected 1 to 300 values, or null for any, got 0'],
])('refuses %j', (rule, message) => {
  expect(problemsOf([rule]).join('; ')).toContain(message);
});

it('refuses rules of which one leaves nothing for another', () => {
  expect(problemsOf([drop('plan'), hash('plan')])).toEqual([
    'fieldRules.rules.1: plan: expected a field that is still there, got one that rule 0 drops',
  ]);
  expect(problemsOf([{ rename: { field: 'plan', to: 'tier' } }, drop('plan')])).toHaveLength(1);
  expect(problemsOf([hash('email_address')], true)).toEqual([
    'fieldRules.rules.0: email_address: expected a field that is still there, got one that isWithoutContactDetails drops',
  ]);
  expect(problemsOf([{ allowOnly: { fields: ['a'] } }, { allowOnly: { fields: ['b'] } }])).toHaveLength(1);
  const constant: FieldRule = { constant: { name: 'a', value: 1 } };
  expect(problemsOf([constant, constant])).toHaveLength(1);
});

it('refuses too many rules and fields', () => {
  expect(problemsOf(Array.from({ length: 51 }, (_, n) => drop(`p${n}`)))).toEqual([
    'fieldRules.rules: expected at most 50 rules, got 51',
  ]);
  expect(problemsOf([drop(...Array.from({ length: 301 }, (_, n) => `p${n}`))])).toEqual([
    'fieldRules.rules: expected at most 300 fields in all rules, got 301',
  ]);
});

it('accepts rules that follow one another', () => {
  const rules: FieldRule[] = [
    { rename: { field: 'plan', to: 'tier' } },
    hash('tier', 'user.external_user_id'),
    { filter: { field: 'plan', values: ['free'] } },
    { constant: { name: 'plan', value: true } },
  ];
  expect(problemsOf(rules, true)).toEqual([]);
});

it('reads what it stores, and nothing of a later version', () => {
  const rules = { isWithoutContactDetails: true, rules: [drop('plan')] };
  const stored = storeFieldRules(rules);
  expect(readFieldRules(JSON.parse(JSON.stringify(stored)))).toEqual(rules);
  expect(readFieldRules({ ...stored, version: 2 })).toBeUndefined();
  expect(readFieldRules({ ...stored, rules: [{ shuffle: {} }] })).toBeUndefined();
  expect(storeFieldRules({ isWithoutContactDetails: false, rules: [] })).toBeNull();
});
