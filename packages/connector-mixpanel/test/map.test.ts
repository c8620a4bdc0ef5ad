import { mixpanel } from '@currents/connector-mixpanel';
import { sampleOf } from '@currents/schema';
import { describe, expect, it } from 'vitest';
import { customEvent, payloadOf, settings } from './payload.js';

const open = sampleOf('users.messages.email.Open');
const leavesOut = mixpanel.settings.parse({ region: 'us', unfitProperties: 'leave_out', longLists: 'unfit' });
const keepsLists = mixpanel.settings.parse({ region: 'us', longLists: 'unfit' });
const custom = (key: string) => `[Custom event property] ${key}`;

function nested(levels: number, bottom: unknown, wrap: (inner: unknown) => unknown): unknown {
  return levels === 0 ? bottom : wrap(nested(levels - 1, bottom, wrap));
}

const inList = (levels: number) => nested(levels, 1, (inner) => [inner]);
const inObject = (levels: number) => nested(levels, 1, (inner) => ({ in: inner }));
const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`key${index}`, index]));

describe('the user', () => {
  const listed = [
    ...['00000000-0000-0000-0000-000000000000', 'anon', 'anonymous', 'nil', 'none', 'null', 'n/a', 'na', 'undefined'],
    ...['unknown', '<nil>', '0', '-1', 'true', 'false', '[]', '{}'],
  ];

  it.each([...listed, ' Anonymous', 'NULL\n', 'N/A '])('with the id "%s" is rejected', (id) => {
    const event = { ...open, user: { external_user_id: id } };
    expect(mixpanel.map(event, settings)).toMatchObject({ reject: 'distinct_id_not_allowed' });
  });

  it.each(['00', '-10', 'nobody', 'true story', '00000000-0000-0000-0000-000000000001', 'é'])(
    'with the id "%s" is sent unchanged',
    (id) => {
      expect(payloadOf({ ...open, user: { external_user_id: id } }).properties['distinct_id']).toBe(id);
    },
  );

  it.each([undefined, null, '', '  '])('without an external id is not sent, even with a device id: %j', (id) => {
    const user = { ...(id === undefined ? {} : { external_user_id: id }), device_id: 'device-1' };
    expect(mixpanel.map({ ...open, user }, settings)).toStrictEqual({ skip: 'no_external_user_id' });
  });

  it.each([
    ['a'.repeat(255), undefined],
    ['a'.repeat(256), 'distinct_id_too_long'],
    ['€'.repeat(85), undefined],
    ['€'.repeat(86), 'distinct_id_too_long'],
  ])('with an id over 255 bytes is rejected', (id, reject) => {
    const mapped = mixpanel.map({ ...open, user: { external_user_id: id } }, settings);
    expect('reject' in mapped ? mapped.reject : undefined).toBe(reject);
  });
});

describe('the insert id', () => {
  const insertId = (id: string) => payloadOf({ ...open, id }).properties['$insert_id'];

  it.each(['a', 'A-1', 'x'.repeat(36), open.id])('is the event’s id where Mixpanel accepts it: %s', (id) => {
    expect(insertId(id)).toBe(id);
  });

  it.each([
    'x'.repeat(37),
    'a b',
    'ajs-next-1:2',
    'é',
    'null',
    '0',
    '-1',
    'NONE',
    '00000000-0000-0000-0000-000000000000',
  ])('is a stable hash where Mixpanel would refuse the id: %s', (id) => {
    expect(insertId(id)).toMatch(/^[0-9a-f]{36}$/);
    expect(insertId(id)).toBe(insertId(id));
    expect(insertId(id)).not.toBe(insertId(`${id}x`));
  });
});

describe('the time', () => {
  it.each([
    [1_262_303_999, { skip: 'before_2010' }],
    [0, { skip: 'before_2010' }],
    [-5, { skip: 'before_2010' }],
    [4_133_980_800, expect.objectContaining({ reject: 'after_2100' })],
    [99_999_999_999, expect.objectContaining({ reject: 'after_2100' })],
  ])('%d is not sent', (time, mapped) => expect(mixpanel.map({ ...open, time }, settings)).toStrictEqual(mapped));

  it.each([1_262_304_000, 1_750_000_000, 4_133_980_799])('%d is sent in milliseconds', (time) => {
    expect(payloadOf({ ...open, time }).properties['time']).toBe(time * 1000);
  });
});

describe('a list or an object', () => {
  it.each([
    ['of three levels stays as it is', inObject(3), inObject(3)],
    ['of three levels of lists stays as it is', inList(3), inList(3)],
    ['of four levels is flattened at the third', inObject(4), { in: { in: { 'in.in': 1 } } }],
    ['of many levels is flattened at the third', inObject(40), { in: { in: { [Array(38).fill('in').join('.')]: 1 } } }],
    [
      'with nested lists is flattened with indexes in the keys',
      { a: { b: { c: ['x', ['y']] } } },
      { a: { b: { 'c.0': 'x', 'c.1.0': 'y' } } },
    ],
    ['with objects in too deep a list is flattened above it', { a: { b: [[{ c: 1 }]] } }, { a: { 'b.0.0.c': 1 } }],
    ['that is empty stays', { a: [], b: {} }, { a: [], b: {} }],
    [
      'keeps a key with the name of a JavaScript property',
      JSON.parse('{"__proto__":{"a":{"b":{"c":1}}}}'),
      JSON.parse('{"__proto__":{"a":{"b.c":1}}}'),
    ],
  ])('%s', (_, value, sent) => {
    expect(payloadOf(customEvent({ value })).properties[custom('value')]).toStrictEqual(sent);
  });

  it.each([
    ['lists alone beyond three levels', inList(4), 'property_too_deep'],
    ['keys that flattening would mix up', { a: { b: { 'c.d': 1, c: { d: 2 } } } }, 'property_too_deep'],
    ['a list of 255', Array.from({ length: 255 }, () => 1), 'property_too_long'],
    ['an object of 255 keys', keys(255), 'property_too_long'],
    [
      'an object of 255 short keys',
      Object.fromEntries(Array.from({ length: 255 }, (_, index) => [index, ''])),
      'property_too_long',
    ],
    ['a long list inside', { a: [Array.from({ length: 255 }, () => 1)] }, 'property_too_long'],
    ['more than 8 KB', ['x'.repeat(8_000)], 'property_too_large'],
    ['more than 8 KB of Unicode', ['€'.repeat(2_700)], 'property_too_large'],
  ])('beyond Mixpanel’s limits makes the event a dead letter with its name: %s', (_, value, reject) => {
    const mapped = mixpanel.map(customEvent({ fits: 1, value }), keepsLists);
    expect(mapped).toMatchObject({ reject, detail: expect.stringContaining(custom('value')) });
  });

  it('of the maximum size is sent', () => {
    const value = { list: Array.from({ length: 254 }, () => 1), object: keys(254), text: 'x'.repeat(4_000) };
    expect(payloadOf(customEvent({ value })).properties[custom('value')]).toStrictEqual(value);
  });

  it('beyond Mixpanel’s limits is left out with the setting for it, and listed in the event', () => {
    const event = customEvent({ fits: 1, deep: inList(9), long: Array(300).fill(1) });
    const { properties } = payloadOf(event, leavesOut);
    expect(properties).toMatchObject({ [custom('fits')]: 1, currents_left_out: [custom('deep'), custom('long')] });
    expect(properties).not.toHaveProperty([custom('deep')]);
  });

  it('in Braze’s own properties has the same limits', () => {
    const event = sampleOf('users.messages.sms.InboundReceive');
    const media_urls = Array(300).fill('https://example.com/a.png');
    const mapped = mixpanel.map({ ...event, properties: { ...event.properties, media_urls } }, keepsLists);
    expect(mapped).toMatchObject({ reject: 'property_too_long', detail: expect.stringMatching(/^media_urls: /) });
  });
});

describe('a list beyond Mixpanel’s limits', () => {
  const product = (index: number) => ({ sku: `sku-${index}`, name: `Beans no. ${index}`, price: 12.5, quantity: 2 });
  const order = { order_id: 'o-1', products: Array.from({ length: 300 }, (_, index) => product(index)) };
  const shortenedOf = (event: Parameters<typeof payloadOf>[0]) => payloadOf(event).properties['currents_shortened'];

  it('is shortened to its first elements, and named with the numbers of them', () => {
    const { properties } = payloadOf(customEvent(order));
    const products = properties[custom('products')] as readonly unknown[];
    expect(products.length).toBeGreaterThan(80);
    expect(products).toStrictEqual(order.products.slice(0, products.length));
    // As many as fit.
    expect(Buffer.byteLength(JSON.stringify(products))).toBeLessThanOrEqual(8_000);
    expect(Buffer.byteLength(JSON.stringify(order.products.slice(0, products.length + 1)))).toBeGreaterThan(8_000);
    expect(properties['currents_shortened']).toEqual([`${custom('products')}: ${products.length} of 300`]);
    expect(properties[custom('order_id')]).toBe('o-1');
  });

  it.each([
    ['of too many elements', { value: Array(300).fill(1) }, [`${custom('value')}: 254 of 300`]],
    ['inside of an object', { value: { order } }, [expect.stringMatching(/value\.order\.products: \d+ of 300$/)]],
    [
      'twice in one property',
      { value: { a: Array(255).fill(1), b: Array(256).fill(1) } },
      [expect.stringMatching(/\.a: 254 of 255$/), expect.stringMatching(/\.b: 254 of 256$/)],
    ],
  ])('is shortened wherever it is: %s', (_, free, expected) => {
    expect(shortenedOf(customEvent(free))).toEqual(expected);
  });

  it('is shortened in Braze’s own properties, too', () => {
    const event = sampleOf('users.messages.sms.InboundReceive');
    const media_urls = Array(300).fill('https://example.com/a.png');
    expect(shortenedOf({ ...event, properties: { media_urls } })).toEqual(['media_urls: 254 of 300']);
  });

  it.each([
    ['has one element that is too large', ['x'.repeat(8_000)], 'property_too_large'],
    ['is too long inside of an element', { a: [Array(255).fill(1)] }, 'property_too_long'],
    ['stands in an object of too many keys', { ...keys(255), list: Array(300).fill(1) }, 'property_too_long'],
    ['nests too deep', inList(4), 'property_too_deep'],
  ])('makes the event a dead letter if it %s', (_, value, reject) => {
    expect(mixpanel.map(customEvent({ value }), settings)).toMatchObject({ reject });
  });

  it('leaves an event without one as it is', () => {
    expect(payloadOf(customEvent({ list: [1, 2] })).properties).not.toHaveProperty('currents_shortened');
  });
});

describe('the number of properties', () => {
  it.each([
    ['customers chose', customEvent(keys(600))],
    [
      'customers chose, in both objects',
      { ...open, properties: { custom_properties: keys(150), purchase_properties: keys(150) } },
    ],
    ['the catalogue does not have', { ...open, properties: keys(600) }],
    [
      'of both kinds',
      customEvent(keys(200), { properties: { name: 'Tried', ...keys(200), custom_properties: keys(200) } }),
    ],
  ])('is kept below 255 when there are too many that %s', (_, event) => {
    expect(mixpanel.map(event, settings)).toMatchObject({ reject: 'too_many_properties' });
    const { properties } = payloadOf(event, leavesOut);
    expect(Object.keys(properties).length).toBeLessThan(255);
    expect(Object.keys(properties).length).toBeGreaterThan(200);
    expect(properties).toMatchObject({ distinct_id: event.user.external_user_id, $insert_id: event.id, ip: 0 });
    expect(properties['currents_left_out']).toHaveLength(21);
  });
});

describe('properties', () => {
  it('without a value are not sent', () => {
    const event = { ...open, properties: { campaign_id: null, canvas_id: undefined, send_id: '', is_amp: false } };
    const { properties } = payloadOf(event);
    expect(properties).toMatchObject({ send_id: '', is_amp: false });
    expect(properties).not.toHaveProperty('campaign_id');
    expect(JSON.stringify(properties)).not.toContain('null');
  });

  it('named productId, card_id or device_id never override the connector’s own', () => {
    const purchase = sampleOf('users.behaviors.Purchase');
    const bent = {
      ...purchase,
      properties: { ...purchase.properties, productId: 'x', device_id: 'x', card_id: 'x', content_card_id: 'card-1' },
    };
    const { properties } = payloadOf(bent);
    expect(properties).toMatchObject({
      productId: purchase.properties['product_id'],
      product_id: purchase.properties['product_id'],
      device_id: purchase.user.device_id,
      card_id: 'card-1',
    });
  });

  it('of a purchase contain the product twice, those of other events do not', () => {
    const inbound = sampleOf('users.messages.whatsapp.InboundReceive');
    expect(payloadOf({ ...inbound, properties: { product_id: 'p-1' } }).properties).toMatchObject({
      product_id: 'p-1',
    });
    expect(payloadOf({ ...inbound, properties: { product_id: 'p-1' } }).properties).not.toHaveProperty('productId');
  });

  it('named device_id or card_id are sent if the connector sets none', () => {
    const event = { ...open, user: { external_user_id: 'u-1' }, properties: { device_id: 'd-1', card_id: 'c-1' } };
    expect(payloadOf(event).properties).toMatchObject({ device_id: 'd-1', card_id: 'c-1' });
  });

  it('that are lists instead of objects are sent under their own name', () => {
    const event = { ...open, properties: { custom_properties: ['a'], purchase_properties: ['b'] } };
    expect(payloadOf(event).properties).toMatchObject({ custom_properties: ['a'], purchase_properties: ['b'] });
  });
});
