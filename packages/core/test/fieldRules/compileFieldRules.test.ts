import type { CatalogueEvent } from '@currents/schema';
import { describe, expect, it } from 'vitest';
import { compileFieldRules } from '../../src/fieldRules/compileFieldRules.js';
import type { FieldRule } from '../../src/fieldRules/fieldRule.js';
import { createHash } from '../../src/fieldRules/hashValue.js';

const hash = createHash(Buffer.alloc(32, 7));

const customEvent = (custom: Readonly<Record<string, unknown>>, more: Readonly<Record<string, unknown>> = {}) => ({
  ...event({ name: 'Sign-up', custom_properties: custom, ...more }),
  event_type: 'users.behaviors.CustomEvent',
});

function event(properties: Readonly<Record<string, unknown>>): CatalogueEvent {
  const user = { external_user_id: 'ana', device_id: 'd-1', timezone: 'Europe/Paris' };
  return { event_type: 'users.messages.email.Open', id: 'e-1', time: 1_750_000_000, user, properties };
}

/** Applies the rules, and checks that the event given stays as it was. */
function apply(rules: readonly FieldRule[], given: CatalogueEvent, isWithoutContactDetails = false) {
  const before = structuredClone(given);
  const left = compileFieldRules({ isWithoutContactDetails, rules }, hash)(given);
  expect(given).toEqual(before);
  return left && { ...left, properties: withoutNulls(left.properties) };
}

function withoutNulls(properties: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== null));
}

const propertiesAfter = (rules: readonly FieldRule[], given: CatalogueEvent, isWithoutContactDetails = false) =>
  apply(rules, given, isWithoutContactDetails)?.properties;

describe('drop', () => {
  it('takes a property with the name out at any depth, also within lists', () => {
    const given = customEvent(
      { plan: 'a', nested: { plan: 'b', kept: 1 }, items: [{ plan: 'c', n: 1 }, 2] },
      { plan: 'd' },
    );
    expect(propertiesAfter([{ drop: { fields: ['plan'] } }], given)).toEqual({
      name: 'Sign-up',
      custom_properties: { nested: { kept: 1 }, items: [{ n: 1 }, 2] },
    });
  });

  it('takes out only what is at a path', () => {
    const given = customEvent({ plan: 'a', items: [{ plan: 'c', n: 1 }] }, { plan: 'd' });
    const fields = ['properties.custom_properties.items.plan', 'properties.plan'];
    expect(propertiesAfter([{ drop: { fields } }], given)).toEqual({
      name: 'Sign-up',
      custom_properties: { plan: 'a', items: [{ n: 1 }] },
    });
  });

  it('takes an asterisk for any characters, and an escaped one for itself', () => {
    const given = event({ utm_source: 1, utm_medium: 2, utm: 3, 'a*b': 4, axb: 5, 'c.d': 6 });
    const fields = ['utm_*', 'a\\*b', 'c\\.d'];
    expect(propertiesAfter([{ drop: { fields } }], given)).toEqual({ utm: 3, axb: 5 });
  });

  it('takes out ids of the user', () => {
    const left = apply([{ drop: { fields: ['user.device_id', 'user.timezone'] } }], event({}));
    expect(left?.user).toEqual({ external_user_id: 'ana', device_id: null, timezone: null });
  });

  it('finds no names that JavaScript gives to every object', () => {
    const given = event(JSON.parse('{"__proto__": {"a": 1}, "b": 2}') as Readonly<Record<string, unknown>>);
    expect(propertiesAfter([{ hash: { fields: ['constructor', 'toString'] } }], given)).toEqual(given.properties);
    expect(JSON.stringify(apply([{ drop: { fields: ['b'] } }], given)?.properties)).toBe('{"__proto__":{"a":1}}');
  });

  it('leaves the name of a custom event, which is what the event is called', () => {
    const rules: FieldRule[] = [{ drop: { fields: ['name'] } }, { constant: { name: 'name', value: 'other' } }];
    expect(propertiesAfter(rules, customEvent({ name: 'Ana', a: 1 }))).toEqual({
      name: 'Sign-up',
      custom_properties: { a: 1 },
    });
  });
});

describe('hash', () => {
  it('replaces each value by its HMAC-SHA-256', () => {
    // openssl dgst -sha256 -mac HMAC -macopt hexkey:… of "ana", with 32 bytes of 7
    const ana = '93876e94ca57b9c90b3075987f6c9e346ed6af3f92679a93bd92c737a0764d4e';
    const left = apply([{ hash: { fields: ['user.external_user_id', 'plan'] } }], event({ plan: ['ana', 5, null] }));
    expect(left?.user.external_user_id).toBe(ana);
    expect(left?.properties).toEqual({ plan: [ana, hash('5'), null] });
  });

  it('gives no id to a user without one', () => {
    const anonymous = { ...event({}), user: { external_user_id: null, device_id: '' } };
    const left = apply([{ hash: { fields: ['user.external_user_id', 'user.device_id'] } }], anonymous);
    expect(left?.user).toEqual(anonymous.user);
  });
});

it('truncate shortens texts to so many code points, and leaves whole characters', () => {
  const rules = [{ truncate: { fields: ['text', 'list', 'n'], maxLength: 3 } }];
  const given = event({ text: '👋🏽👋🏽', list: ['abcd', 'ab'], n: 12_345 });
  expect(propertiesAfter(rules, given)).toEqual({ text: '👋🏽👋', list: ['abc', 'ab'], n: 12_345 });
});

it('allowOnly takes out all other properties', () => {
  const given = customEvent({ plan: 'a', price: 1, deep: { plan: 'b', x: 1 }, items: [{ x: 1 }] }, { app_id: 'x' });
  const fields = ['properties.custom_properties.plan', 'properties.custom_properties.deep.x'];
  expect(propertiesAfter([{ allowOnly: { fields } }], given)).toEqual({
    name: 'Sign-up',
    custom_properties: { plan: 'a', deep: { x: 1 } },
  });
});

it('rename and constant replace what had the name before', () => {
  const rules: FieldRule[] = [
    { rename: { field: 'plan', to: 'tier' } },
    { constant: { name: 'source', value: 'hub' } },
  ];
  const given = event({ plan: 'new', tier: 'old', source: 'x', nested: { tier: 1, plan: 2 } });
  expect(propertiesAfter(rules, given)).toEqual({ tier: 'new', source: 'hub', nested: { tier: 2 } });
});

describe('filter', () => {
  const leavesOut = (filter: Extract<FieldRule, { filter: unknown }>['filter'], properties = {}) =>
    apply([{ filter }], event(properties)) === undefined;

  it('leaves out events that have a field, or one of some values', () => {
    expect(leavesOut({ field: 'plan' }, { plan: 'a' })).toBe(true);
    expect(leavesOut({ field: 'plan' }, { plan: null })).toBe(false);
    expect(leavesOut({ field: 'plan', values: ['a', '5'] }, { plan: 5 })).toBe(true);
    expect(leavesOut({ field: 'plan', values: ['a', '5'] }, { plan: 'b' })).toBe(false);
    expect(leavesOut({ field: 'user.external_user_id', values: ['ana'] })).toBe(true);
  });

  it('leaves out all other events when it is inverted', () => {
    expect(leavesOut({ field: 'plan', values: ['a'], isInverted: true }, { plan: 'a' })).toBe(false);
    expect(leavesOut({ field: 'plan', values: ['a'], isInverted: true })).toBe(true);
  });

  it('sees the event as it came', () => {
    const rules: FieldRule[] = [{ drop: { fields: ['plan'] } }, { filter: { field: 'plan' } }];
    expect(apply(rules, event({ plan: 'a' }))).toBeUndefined();
  });
});

describe('isWithoutContactDetails', () => {
  const left = (properties: Readonly<Record<string, unknown>>) => propertiesAfter([], event(properties), true);

  it('takes out the properties of the catalogue that hold an address or a number', () => {
    const names = ['email_address', 'to_phone_number', 'user_phone_number', 'channel_identifier'];
    expect(left({ ...Object.fromEntries(names.map((name) => [name, 'x'])), campaign_name: 'Spring' })).toEqual({
      campaign_name: 'Spring',
    });
  });

  it('takes out custom properties by their name, but not booleans', () => {
    const custom = {
      Email: 'x',
      'work e-mail': 'x',
      billingEmail: 'x',
      phone: 15551234567,
      email_opt_in: 'y',
      hasEmail: true,
    };
    expect(left({ custom_properties: custom })).toEqual({ custom_properties: { email_opt_in: 'y', hasEmail: true } });
  });

  it.each([
    'ana@example.com',
    'write to <ana@mail.example.com>, please',
    'https://example.com/?to=ana%40example.com&x=1',
    '{"mail":"ana@example.com"}',
    '+44 20 7946 0958',
    'call +1 (555) 123-4567 now',
    '(555) 123-4567',
    '555-123-4567',
  ])('takes out the text %s', (text) => {
    expect(left({ bounce_reason: text, custom_properties: { a: text, b: [{ c: text }, 'kept'], [text]: 1 } })).toEqual({
      custom_properties: { b: [{}, 'kept'] },
    });
  });

  it.each(['50 % off @ noon', '@ana', 'https://medium.com/@ana.b', '2026-01-31T09:30:00+0100', '4711-0815', '+12'])(
    'leaves the text %s',
    (text) => {
      expect(left({ custom_properties: { a: text } })).toEqual({ custom_properties: { a: text } });
    },
  );

  it('leaves out a custom event that is called by an address', () => {
    expect(apply([], customEvent({}, { name: 'mail to ana@example.com' }), true)).toBeUndefined();
  });

  it('takes time in proportion to the length of a text', () => {
    const texts = ['@', 'a@', '%40', 'a%40', '+1', '555-', '+1 ', 'a.@'].map((part) => part.repeat(100_000));
    const startedMs = performance.now();
    for (const text of texts) left({ custom_properties: { a: text } });
    expect(performance.now() - startedMs).toBeLessThan(1_500);
  });
});

it('an event that no rule changes stays the same object', () => {
  const given = event({ campaign_name: 'Spring' });
  const rules: FieldRule[] = [
    { drop: { fields: ['plan'] } },
    { truncate: { fields: ['campaign_name'], maxLength: 50 } },
  ];
  expect(compileFieldRules({ isWithoutContactDetails: true, rules }, hash)(given)).toBe(given);
});
