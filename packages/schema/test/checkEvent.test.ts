import { describe, expect, it } from 'vitest';
import { checkEvent, findEventType, isRefusal, refusalCodes } from '../src/index.js';

const open = { event_type: 'users.messages.email.Open', id: 'a1', time: 1_750_000_000, user: {}, properties: {} };
const custom = { ...open, event_type: 'users.behaviors.CustomEvent', properties: { name: 'Brewed' } };
const withProperty = (eventType: string, name: string, value: unknown) => ({
  ...open,
  event_type: eventType,
  properties: { [name]: value },
});
const nested = (levels: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { inner: value };
  return value;
};

describe('checkEvent accepts', () => {
  it.each([
    ['a sparse event', open],
    ['no user and no properties', { event_type: open.event_type, id: 'a1', time: 1 }],
    ['null in their place', { ...open, user: null, properties: null }],
    ['null as ids', { ...open, user: { user_id: null, external_user_id: null, device_id: null, timezone: null } }],
    ['a time in 1969', { ...open, time: -100 }],
    ['a time in 2100', { ...open, time: 4_102_444_800 }],
    ['an id of 255 characters', { ...open, id: 'i'.repeat(255) }],
    ['an event without what the platform promises', withProperty('users.behaviors.Purchase', 'currency', 'EUR')],
    ['null in the place of a promised property', withProperty('users.behaviors.Purchase', 'price', null)],
    ['a whole number where any number will do', withProperty('users.behaviors.Purchase', 'price', 3)],
    ['a negative number', withProperty('users.behaviors.Location', 'longitude', -0.5)],
    ['a list with a null in it', withProperty('users.messages.sms.InboundReceive', 'media_urls', ['a', null])],
    ['unknown properties', { ...open, properties: { brand_new: { a: [1] }, another: 5, third: 'x' } }],
    ['unknown fields', { ...open, sequence: 7, user: { ...open.user, alias: { a: 1 } } }],
    [
      'properties with names of prototype members',
      { ...open, properties: JSON.parse('{"__proto__":1,"constructor":2,"hasOwnProperty":3}') },
    ],
    ['a hundred levels', { ...custom, properties: { name: 'x', custom_properties: { deep: nested(97) } } }],
  ])('%s', (_, event) => {
    expect(checkEvent(event)).toBe(findEventType(event.event_type));
  });

  it('an alias, and returns its type', () => {
    expect(checkEvent({ ...open, event_type: 'users_canvas_abort' })).toBe(findEventType('users.canvas.Abort'));
  });
});

const refused: readonly (readonly [code: string, detail: string, event: unknown])[] = [
  ['not_an_object', 'expected an event, an object, got a list', []],
  ['not_an_object', 'expected an event, an object, got null', null],
  ['not_an_object', 'expected an event, an object, got a string', 'users.messages.email.Open'],
  [
    'missing_event_type',
    'event_type: expected the name of an event type, got nothing',
    { ...open, event_type: undefined },
  ],
  [
    'missing_event_type',
    'event_type: expected the name of an event type, got a whole number',
    { ...open, event_type: 4 },
  ],
  [
    'unknown_event_type',
    'event_type: expected the name of an event type, got an empty string',
    { ...open, event_type: '' },
  ],
  [
    'unknown_event_type',
    'event_type: unknown event type "users.messages.fax.Send"',
    { ...open, event_type: 'users.messages.fax.Send' },
  ],
  ['unknown_event_type', 'event_type: unknown event type "constructor"', { ...open, event_type: 'constructor' }],
  [
    'unknown_event_type',
    'event_type: unknown event type "users.messages.email.open"; the catalogue spells it "users.messages.email.Open"',
    { ...open, event_type: 'users.messages.email.open' },
  ],
  ['missing_id', 'id: expected a string that is not empty, got nothing', { ...open, id: undefined }],
  ['missing_id', 'id: expected a string that is not empty, got null', { ...open, id: null }],
  ['missing_id', 'id: expected a string that is not empty, got an empty string', { ...open, id: '' }],
  ['bad_id', 'id: expected a string that is not empty, got a whole number', { ...open, id: 17 }],
  ['bad_id', 'id: expected at most 255 characters, got 256', { ...open, id: 'i'.repeat(256) }],
  ['bad_id', 'id: expected a string without NUL characters, got one with a NUL', { ...open, id: 'a\0b' }],
  ['bad_time', 'time: expected Unix seconds, a whole number, got nothing', { ...open, time: undefined }],
  ['bad_time', 'time: expected Unix seconds, a whole number, got a string', { ...open, time: '1750000000' }],
  ['bad_time', 'time: expected Unix seconds, a whole number, got a number with a fraction', { ...open, time: 1.5 }],
  [
    'bad_time',
    'time: expected Unix seconds, a whole number, got a number too large to keep',
    { ...open, time: JSON.parse('1e999') },
  ],
  [
    'time_in_milliseconds',
    'time: expected Unix seconds, got a number so large that it looks like milliseconds',
    { ...open, time: 1_750_000_000_000 },
  ],
  ['bad_user', 'user: expected an object, got a string', { ...open, user: 'ingrid' }],
  ['bad_user', 'user: expected an object, got a list', { ...open, user: [] }],
  ['bad_user', 'user.user_id: expected a string, got a whole number', { ...open, user: { user_id: 1 } }],
  ['bad_user', 'user.external_user_id: expected a string, got an object', { ...open, user: { external_user_id: {} } }],
  ['bad_user', 'user.device_id: expected a string, got a boolean', { ...open, user: { device_id: true } }],
  ['bad_user', 'user.timezone: expected a string, got a list', { ...open, user: { timezone: [] } }],
  ['bad_properties', 'properties: expected an object, got a list', { ...open, properties: [] }],
  ['bad_properties', 'properties: expected an object, got a string', { ...open, properties: '{}' }],
  ['missing_name', 'properties.name: expected a string that is not empty, got nothing', { ...custom, properties: {} }],
  [
    'missing_name',
    'properties.name: expected a string that is not empty, got nothing',
    { ...custom, properties: undefined },
  ],
  [
    'missing_name',
    'properties.name: expected a string that is not empty, got an empty string',
    { ...custom, properties: { name: '' } },
  ],
  [
    'missing_name',
    'properties.name: expected a string that is not empty, got a whole number',
    { ...custom, properties: { name: 5 } },
  ],
  [
    'wrong_type',
    'properties.campaign_id: expected a string, got a whole number',
    withProperty(open.event_type, 'campaign_id', 5),
  ],
  [
    'wrong_type',
    'properties.machine_open: expected a string, got a boolean',
    withProperty(open.event_type, 'machine_open', true),
  ],
  [
    'wrong_type',
    'properties.is_amp: expected a boolean, got a string',
    withProperty(open.event_type, 'is_amp', 'true'),
  ],
  [
    'wrong_type',
    'properties.is_amp: expected a boolean, got a whole number',
    withProperty(open.event_type, 'is_amp', 1),
  ],
  [
    'wrong_type',
    'properties.price: expected a number, got a string',
    withProperty('users.behaviors.Purchase', 'price', '3.14'),
  ],
  [
    'wrong_type',
    'properties.price: expected a number, got a number too large to keep',
    withProperty('users.behaviors.Purchase', 'price', JSON.parse('1e999')),
  ],
  [
    'wrong_type',
    'properties.purchase_properties: expected an object, got a string',
    withProperty('users.behaviors.Purchase', 'purchase_properties', '{}'),
  ],
  [
    'wrong_type',
    'properties.purchase_properties: expected an object, got a list',
    withProperty('users.behaviors.Purchase', 'purchase_properties', []),
  ],
  [
    'wrong_type',
    'properties.attempt_count: expected a whole number, got a number with a fraction',
    withProperty('users.messages.email.Deferral', 'attempt_count', 1.5),
  ],
  [
    'wrong_type',
    'properties.time_ms: expected a whole number, got a string',
    withProperty('users.profile.Update', 'time_ms', '5'),
  ],
  [
    'wrong_type',
    'properties.media_urls: expected a list of strings, got a string',
    withProperty('users.messages.sms.InboundReceive', 'media_urls', 'a'),
  ],
  [
    'wrong_type',
    'properties.media_urls: expected a list of strings, got a list that holds something else',
    withProperty('users.messages.sms.InboundReceive', 'media_urls', ['a', 1]),
  ],
  [
    'too_deep',
    'expected at most 100 levels of lists and objects, got more',
    { ...custom, properties: { name: 'x', custom_properties: { deep: nested(98) } } },
  ],
  [
    'too_deep',
    'expected at most 100 levels of lists and objects, got more',
    { ...open, properties: { unheard_of: nested(10_000) } },
  ],
  [
    'too_deep',
    'expected at most 100 levels of lists and objects, got more',
    { ...open, user: { unheard_of: nested(10_000) } },
  ],
];

describe('checkEvent refuses', () => {
  it.each(refused)('%s: %s', (code, detail, event) => {
    const answer = checkEvent(event);
    expect(isRefusal(answer) && { code: answer.code, detail: answer.detail }).toEqual({ code, detail });
    expect(isRefusal(answer) && (answer.field ?? '')).toBe(/^[a-z_.]+(?=: )/.exec(detail)?.[0] ?? '');
  });

  it('with every code of the table except those which only readBody uses', () => {
    expect(
      new Set([...refused.map(([code]) => code), 'inexact_number', 'malformed_json', 'not_utf8', 'too_large']),
    ).toEqual(new Set(Object.keys(refusalCodes)));
  });

  it('without quoting a property', () => {
    for (const name of ['is_amp', 'suspected_bot_click_reason']) {
      const answer = checkEvent(withProperty('users.messages.email.Click', name, 'ingrid@example.com'));
      expect(isRefusal(answer)).toBe(true);
      expect(JSON.stringify(answer)).not.toContain('ingrid');
    }
  });

  it('with at most the beginning of a long event type quoted', () => {
    const answer = checkEvent({ ...open, event_type: 'x'.repeat(100_000) });
    expect(JSON.stringify(answer).length).toBeLessThan(250);
  });
});

it('checkEvent does not change an event', () => {
  const event = { event_type: 'users_canvas_abort', id: 'a1', time: 1, user: null };
  checkEvent(event);
  expect(event).toEqual({ event_type: 'users_canvas_abort', id: 'a1', time: 1, user: null });
});
