import { catalogue, sampleOf } from '@currents/schema';
import type { CatalogueEvent } from '@currents/schema';
import { describe, expect, it } from 'vitest';
import { amplitude, type AmplitudeEvent } from '@currents/connector-amplitude';

const settings = amplitude.settings.parse({ region: 'us' });
const sms = sampleOf('users.messages.sms.Send');
const purchase = sampleOf('users.behaviors.Purchase');
const DEVICE = 'E2D6A9C1-7B54-4F1E-9A30-6C2B8D417F05';

function payloadOf(event: CatalogueEvent, choices: object = {}): AmplitudeEvent {
  const mapped = amplitude.map(event, amplitude.settings.parse({ region: 'us', ...choices }));
  if (!('payload' in mapped)) throw new Error(`expected a payload, got ${JSON.stringify(mapped)}`);
  return mapped.payload;
}

function nestedIn(layers: number): unknown {
  let value: unknown = 'bottom';
  for (let layer = 0; layer < layers; layer++) value = layer % 2 === 0 ? { inner: value } : [value];
  return value;
}

describe('every event type of the catalogue', () => {
  const topLevel = new Set([
    ...['user_id', 'device_id', 'event_type', 'time', 'insert_id', 'library', 'event_properties'],
    ...['price', 'productId', 'adid', 'idfa'],
  ]);
  /** Sent only where the Current asks for it: see profileUpdate.test.ts. */
  const profileUpdate = 'users.profile.Update';
  const taken = catalogue.filter((type) => amplitude.nameOf(type.name) !== undefined && type.name !== profileUpdate);

  it.each(taken.map((type) => type.name))(
    'is sent under its name, in milliseconds, with its properties on one level: %s',
    (name) => {
      const event = sampleOf(name);
      const payload = payloadOf(event);
      const type = taken.find((candidate) => candidate.name === name);
      const ownName = `[Custom Event] ${String(event.properties['name'])}`;
      expect(payload.event_type).toBe(`[Appboy] ${type?.hasOwnName === true ? ownName : type?.title}`);
      expect(payload.time).toBe(event.time * 1000);
      expect(payload.insert_id).toBe(event.id);
      expect(Object.keys(payload).filter((key) => !topLevel.has(key))).toStrictEqual([]);
      expect(Object.values(payload.event_properties)).not.toContain(null);
    },
  );

  it('is not sent when Amplitude has no name for it', () => {
    const others = catalogue.filter((type) => !taken.includes(type));
    expect(new Set(others.map(({ group }) => group))).toStrictEqual(new Set(['other']));
    expect([taken.length, others.length]).toStrictEqual([94, 6]);
    for (const { name } of others)
      expect(amplitude.map(sampleOf(name), settings)).toStrictEqual({
        skip: name === profileUpdate ? 'profile_updates_off' : 'event_type_not_taken',
      });
  });
});

describe('identity', () => {
  const refused = [
    ...['anonymous', 'nil', 'none', 'null', 'n/a', 'na', 'undefined', 'unknown', '{}', 'lmy47d', '0', '-1'],
    ...[
      '00000000-0000-0000-0000-000000000000',
      'Anonymous',
      'LMY47D',
      ' null ',
      '  unknown',
      'anonymous       ',
      'x'.repeat(1025),
    ],
  ];

  it.each(refused)('an id that Amplitude refuses is left out when there is a valid one: %j', (id) => {
    const asUser = payloadOf({ ...sms, user: { external_user_id: id, device_id: DEVICE } });
    expect([asUser.user_id, asUser.device_id]).toStrictEqual([undefined, DEVICE]);
    const asDevice = payloadOf({ ...sms, user: { external_user_id: 'member-1', device_id: id } });
    expect([asDevice.user_id, asDevice.device_id]).toStrictEqual(['member-1', undefined]);
  });

  it.each(refused)('an id that Amplitude refuses is rejected when there is no other: %j', (id) => {
    for (const user of [{ external_user_id: id }, { device_id: id }, { external_user_id: id, device_id: 'null' }]) {
      expect(amplitude.map({ ...sms, user }, settings)).toMatchObject({ reject: 'id_not_allowed' });
    }
  });

  it.each([
    '42',
    '1',
    'a',
    'anon',
    'true',
    'nobody',
    'null-island',
    '00000000-0000-0000-0000-000000000001',
    'x'.repeat(1024),
  ])('any other id is sent unchanged: %j', (id) =>
    expect(payloadOf({ ...sms, user: { external_user_id: id, device_id: id } })).toMatchObject({
      user_id: id,
      device_id: id,
    }),
  );

  it('an event without ids, or with blank ones, is skipped', () => {
    for (const user of [
      {},
      { external_user_id: null, device_id: null },
      { external_user_id: '', device_id: ' ' },
      { user_id: 'x' },
    ]) {
      expect(amplitude.map({ ...sms, user }, settings)).toStrictEqual({ skip: 'no_user_or_device_id' });
    }
  });

  it('an id shorter than the settings limit is not sent', () => {
    const user = { external_user_id: 'abcd', device_id: 'abcde' };
    expect(payloadOf({ ...sms, user }, { minIdLength: 5 })).toMatchObject({ device_id: 'abcde' });
    expect(payloadOf({ ...sms, user }, { minIdLength: 5 })).not.toHaveProperty('user_id');
    expect(payloadOf({ ...sms, user })).toMatchObject({ user_id: 'abcd' });
  });
});

describe('purchases', () => {
  it('a product is sent in its own field only with a numeric price', () => {
    const priced = payloadOf({ ...purchase, properties: { product_id: 'p-1', price: 0, currency: 'EUR' } });
    expect(priced).toMatchObject({ productId: 'p-1', price: 0, event_properties: { currency: 'EUR' } });
    expect(Object.keys(priced.event_properties)).toStrictEqual(['currency']);
    for (const price of [undefined, null, '12.50', Number.NaN]) {
      const unpriced = payloadOf({ ...purchase, properties: { product_id: 'p-1', price } });
      expect(unpriced).not.toHaveProperty('productId');
      expect(unpriced).not.toHaveProperty('price');
      expect(unpriced.event_properties['product_id']).toBe('p-1');
    }
  });

  it('a price without a product is sent alone', () => {
    const payload = payloadOf({ ...purchase, properties: { price: 3 } });
    expect(payload.price).toBe(3);
    expect(payload).not.toHaveProperty('productId');
  });

  it('revenue and quantity are not sent', () => {
    expect(payloadOf(purchase)).not.toHaveProperty('revenue');
    expect(payloadOf(purchase)).not.toHaveProperty('quantity');
  });
});

describe('properties', () => {
  it('a session id is a property, not Amplitude’s own field', () => {
    const payload = payloadOf(sampleOf('users.behaviors.app.SessionStart'));
    expect(payload).not.toHaveProperty('session_id');
    expect(typeof payload.event_properties['session_id']).toBe('string');
  });

  it('a time zone is sent for one event type only', () => {
    const withTimeZone = catalogue
      .filter((type) => amplitude.nameOf(type.name) !== undefined && type.group !== 'other')
      .map((type) => ({ ...sampleOf(type.name), user: { external_user_id: 'member-1', timezone: 'Europe/Lisbon' } }))
      .filter((event) => 'timezone' in payloadOf(event).event_properties);
    expect(withTimeZone.map((event) => event.event_type)).toStrictEqual([
      'users.behaviors.subscription.GlobalStateChange',
    ]);
  });

  it.each([
    ['ios_idfa', 'idfa'],
    ['google_ad_id', 'adid'],
  ])('an advertising id of the kind %s is also sent as %s', (kind, field) => {
    const id = '6F0C1B52-2E1D-4C0F-9D53-2E5A7F0B8C44';
    const payload = payloadOf({ ...purchase, properties: { ad_id: id, ad_id_type: kind } });
    expect(payload).toMatchObject({ [field]: id, event_properties: { ad_id: id, ad_id_type: kind } });
  });

  it.each([
    ['roku_ad_id', '6F0C1B52-2E1D-4C0F-9D53-2E5A7F0B8C44'],
    ['ios_idfa', '00000000-0000-0000-0000-000000000000'],
    ['ios_idfa', null],
  ])('any other advertising id is sent without its own field: %s %s', (kind, id) => {
    const payload = payloadOf({ ...purchase, properties: { ad_id: id, ad_id_type: kind } });
    expect(payload).not.toHaveProperty('idfa');
    expect(payload).not.toHaveProperty('adid');
  });

  it('forty layers of properties are sent, one more is rejected', () => {
    const custom = sampleOf('users.behaviors.CustomEvent');
    const cases = [
      [custom, (layers: number) => ({ name: 'n', custom_properties: { deep: nestedIn(layers) } })],
      [sms, (layers: number) => ({ deep: nestedIn(layers) })],
    ] as const;
    for (const [event, propertiesOf] of cases) {
      expect(amplitude.map({ ...event, properties: propertiesOf(39) }, settings)).toHaveProperty('payload');
      expect(amplitude.map({ ...event, properties: propertiesOf(40) }, settings)).toMatchObject({
        reject: 'property_too_deep',
      });
    }
  });

  it('no key of a property changes a prototype', () => {
    const properties = JSON.parse(
      '{"__proto__":{"polluted":true},"custom_properties":{"__proto__":"mine"},"name":"n"}',
    ) as object;
    const payload = payloadOf({ ...sampleOf('users.behaviors.CustomEvent'), properties: { ...properties } });
    expect(Object.getPrototypeOf(payload.event_properties)).toBe(Object.prototype);
    expect(Object.hasOwn(payload.event_properties, '__proto__')).toBe(true);
    expect(payload.event_properties['[Custom event property] __proto__']).toBe('mine');
  });
});

describe('native device fields', () => {
  const open = sampleOf('users.messages.pushnotification.Open');
  const withDevice = (properties: Record<string, unknown>): AmplitudeEvent =>
    payloadOf({ ...open, properties }, { nativeDeviceFields: true });

  it.each([
    ['ios', { platform: 'iOS', os_name: 'ios' }],
    ['android', { platform: 'Android', os_name: 'android' }],
    ['web', { platform: 'Web' }],
    ['roku', { platform: 'roku' }],
  ])('are filled for an app on %s', (platform, fields) => {
    expect(withDevice({ platform, os_version: '15', device_model: 'M', carrier: 'C' })).toMatchObject({
      ...fields,
      os_version: '15',
      device_model: 'M',
      carrier: 'C',
      event_properties: { platform, os_version: '15', device_model: 'M', carrier: 'C' },
    });
  });

  it('are not filled from a user agent, nor without the setting', () => {
    expect(withDevice({ device_model: 'iPhone', user_agent: 'Mozilla/5.0' })).not.toHaveProperty('device_model');
    expect(payloadOf(open)).not.toHaveProperty('platform');
  });

  it('are not filled from a replayed event, which may be older than what the user has now', () => {
    const event = { ...open, properties: { platform: 'ios', os_version: '15', device_model: 'M', carrier: 'C' } };
    const native = amplitude.settings.parse({ region: 'us', nativeDeviceFields: true });
    const [first, replayed] = [amplitude.map(event, native), amplitude.map(event, native, true)];
    expect(first).toHaveProperty('payload.device_model');
    expect(replayed).toEqual(amplitude.map(event, settings));
  });
});

describe('times', () => {
  it.each([
    [0, 'before_1970'],
    [-1, 'before_1970'],
    [4_133_980_800, 'after_2100'],
    [1_753_776_000_000, 'after_2100'],
  ])('%d seconds is rejected', (time, reject) => {
    expect(amplitude.map({ ...sms, time }, settings)).toMatchObject({ reject });
  });

  it('times between are sent in milliseconds', () => {
    expect(payloadOf({ ...sms, time: 1 }).time).toBe(1000);
    expect(payloadOf({ ...sms, time: 4_133_980_799 }).time).toBe(4_133_980_799_000);
  });
});

describe('a list that makes an event too large for a request', () => {
  const products = Array.from({ length: 300 }, (_, index) => ({ sku: `sku-${index}`, note: 'x'.repeat(500) }));
  const sample = sampleOf('users.behaviors.CustomEvent');
  const order = { ...sample, properties: { name: 'order placed', custom_properties: { products, total: 9 } } };
  const propertiesWith = (given: object) => {
    const chosen = amplitude.settings.parse({ region: 'us', ...given });
    const mapped = amplitude.map(order, chosen);
    if (!('payload' in mapped)) throw new Error(JSON.stringify(mapped));
    return { mapped, chosen, properties: mapped.payload.event_properties };
  };

  it('is sent whole where it fits', () => {
    const { properties } = propertiesWith({});
    expect(properties['[Custom event property] products']).toStrictEqual(products);
    expect(properties).not.toHaveProperty('currents_shortened');
  });

  it('is shortened to its first elements, and named with the numbers of them', () => {
    const { mapped, chosen, properties } = propertiesWith({ requestBytes: 100_000 });
    const kept = properties['[Custom event property] products'] as readonly unknown[];
    expect(kept.length).toBeGreaterThan(50);
    expect(kept).toStrictEqual(products.slice(0, kept.length));
    expect(properties['currents_shortened']).toEqual([`[Custom event property] products: ${kept.length} of 300`]);
    expect(Buffer.byteLength(JSON.stringify(mapped.payload))).toBeLessThan(amplitude.rateLimit(chosen).maxEventBytes);
  });

  it('is kept if the Current asks for that, and the event is too large', () => {
    const { mapped, chosen, properties } = propertiesWith({ requestBytes: 100_000, longLists: 'keep' });
    expect(properties['[Custom event property] products']).toStrictEqual(products);
    expect(Buffer.byteLength(JSON.stringify(mapped.payload))).toBeGreaterThan(
      amplitude.rateLimit(chosen).maxEventBytes,
    );
  });
});
