import type { CatalogueEvent } from '@currents/schema';
import { expect, it } from 'vitest';
import { compileFilter, compileRule, leftOut } from '../../src/fieldRules/compiledRule.js';
import type { FieldRule } from '../../src/fieldRules/fieldRule.js';
import { createHash } from '../../src/fieldRules/hashValue.js';
import { compileOnePass } from '../../src/fieldRules/onePass.js';
import { compileRuleByRule } from '../../src/fieldRules/ruleByRule.js';

const hash = createHash(Buffer.alloc(32, 7));
const runs = 4_000;

/** Few names, so that rules meet: in one event, in one name, and in what another rule leaves. */
const names = ['a', 'b', 'ab', 'c', 'email', 'custom_properties', '__proto__', 'app_group_id'];
const fields = [
  ...names,
  ...['a*', '*', '*b', 'properties.a', 'properties.custom_properties.a', 'properties.*.b', 'properties.c.a.b'],
  'user.device_id',
];
const values = ['x', 'ana@example.com', '', 1, 2.5, true, false, null];

/** Numbers from 0 up to the given one, by the seed (mulberry32). */
function createDraw(seed: number): (end: number) => number {
  let state = seed;
  return (end) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % end;
  };
}

function samplesOf(seed: number) {
  const draw = createDraw(seed);
  const of = <Item>(items: readonly Item[]): Item => items[draw(items.length)] as Item;
  const some = <Item>(items: readonly Item[]): Item[] => Array.from({ length: 1 + draw(2) }, () => of(items));
  const rule = (): FieldRule =>
    of<() => FieldRule>([
      () => ({ drop: { fields: some(fields) } }),
      () => ({ hash: { fields: some(fields) } }),
      () => ({ truncate: { fields: some(fields), maxLength: 3 } }),
      () => ({ allowOnly: { fields: [...some(fields), ...some(fields)] } }),
      () => ({ rename: { field: of(fields.filter((field) => field !== 'user.device_id')), to: of(names) } }),
      () => ({ constant: { name: of(names), value: of(['k', 7, true]) } }),
      () => ({ filter: { field: of(fields.slice(0, -1)), values: ['x', '1'], isInverted: draw(2) === 0 } }),
      () => ({ filter: { field: of(fields.slice(0, -1)), isInverted: draw(2) === 0 } }),
    ])();
  const value = (depth: number): unknown =>
    depth < 3 && draw(3) === 0
      ? of([() => members(depth + 1), () => Array.from({ length: draw(3) }, () => value(depth + 1))])()
      : of(values);
  const member = (depth: number): string => `${JSON.stringify(of(names))}:${JSON.stringify(value(depth))}`;
  // As JSON.parse does, so that "__proto__" is a member.
  const members = (depth: number): Readonly<Record<string, unknown>> =>
    JSON.parse(`{${Array.from({ length: draw(6) }, () => member(depth)).join()}}`) as Readonly<Record<string, unknown>>;
  const isCustomEvent = draw(3) === 0;
  const event: CatalogueEvent = {
    event_type: isCustomEvent ? 'users.behaviors.CustomEvent' : 'users.messages.email.Open',
    id: 'e-1',
    time: 1_750_000_000,
    user: { external_user_id: 'ana', device_id: 'd-1', timezone: 'Europe/Paris' },
    properties: { ...(isCustomEvent && { name: 'Sign-up' }), ...members(0) },
  };
  return { rules: Array.from({ length: 1 + draw(4) }, rule), isWithoutContactDetails: draw(4) === 0, event };
}

/** What is null is absent; JSON shows "__proto__", which a comparison of objects does not. */
function shown(properties: unknown): unknown {
  if (properties === leftOut || properties === undefined) return properties;
  return Object.entries(properties as object)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
    .sort();
}

it(`leaves in one pass what the rules leave one by one, for ${runs} seeded sets of rules`, () => {
  const seen = { inOnePass: 0, leftOut: 0, changed: 0 };
  for (let seed = 0; seed < runs; seed++) {
    const { rules, isWithoutContactDetails, event } = samplesOf(seed);
    const before = JSON.stringify(event);
    const filters = rules.flatMap((rule) => ('filter' in rule ? compileFilter(rule.filter) : []));
    const changes = rules.flatMap((rule) => compileRule(rule, hash) ?? []);
    const left = compileOnePass(changes, filters, isWithoutContactDetails)?.(event);
    expect(JSON.stringify(event), 'the event itself').toBe(before);
    if (left === undefined) continue;
    expect({ seed, rules, left: shown(left) }).toEqual({
      seed,
      rules,
      left: shown(compileRuleByRule(changes, filters, isWithoutContactDetails)(event)),
    });
    seen.inOnePass++;
    if (left === leftOut) seen.leftOut++;
    else if (left !== event.properties) seen.changed++;
  }
  expect(seen.inOnePass).toBeGreaterThan(runs / 2);
  expect(seen.leftOut).toBeGreaterThan(runs / 10);
  expect(seen.changed).toBeGreaterThan(runs / 5);
});
