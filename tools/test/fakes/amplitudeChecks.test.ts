import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startFakeAmplitude, type FakeAmplitude } from '../../src/fakes/amplitude/startFakeAmplitude.js';
import { event, events, key, nowMs, send, start, type Sent, type UploadEvent } from './amplitudeClient.js';

let fake: FakeAmplitude;
beforeAll(async () => {
  fake = await startFakeAmplitude({ ...start, projects: [...start.projects, { apiKey: 'eu-key', region: 'eu' }] });
});
afterAll(() => fake.close());
beforeEach(() => fake.control.reset());

const bad = (error: string, more = {}) => ({ code: 400, error, ...more });
const lacks = (field: string) => bad('Request missing required field', { missing_field: field });
const badJson = bad('Invalid JSON request body');
const tooLarge = { code: 413, error: 'Payload too large' };
const sizeOf = (value: unknown): number => JSON.stringify(value).length;
const took = (count: number, bytes: unknown = expect.any(Number)) => ({
  code: 200,
  events_ingested: count,
  payload_size_bytes: bytes,
  server_upload_time: nowMs,
});
const padded = (bytes: number): string => JSON.stringify({ api_key: key, events: events(1) }).padEnd(bytes, ' ');

const cases: readonly (readonly [string, Sent, number, unknown])[] = [
  ['an unknown path', { path: '/import' }, 404, ''],
  ['a similar path', { path: '/2/httpapis' }, 400, bad('Invalid request path')],
  ['another method', { method: 'GET' }, 400, bad('Invalid request path')],
  ['no content type', { contentType: null }, 400, badJson],
  ['another content type', { contentType: 'text/plain' }, 400, badJson],
  ['a content type with a charset', { contentType: 'application/json; charset=utf-8' }, 200, took(1)],
  ['another encoding', { encoding: 'br', raw: 'x' }, 400, badJson],
  ['gzip', { encoding: 'gzip' }, 200, took(1, sizeOf({ api_key: key, events: events(1) }))],
  ['invalid gzip', { encoding: 'gzip', raw: new Uint8Array([1, 2]) }, 400, badJson],
  ['no body', { raw: '' }, 400, bad('Missing request body')],
  ['just under a megabyte', { path: '/2/httpapi', raw: padded(999_999) }, 200, took(1, 999_999)],
  ['a megabyte', { path: '/2/httpapi', raw: padded(1_000_000) }, 413, tooLarge],
  ['twenty megabytes in a batch', { raw: gzipSync(padded(20_000_000)), encoding: 'gzip' }, 200, took(1, 20_000_000)],
  ['more than twenty megabytes in a batch', { raw: gzipSync(padded(20_000_001)), encoding: 'gzip' }, 413, tooLarge],
  ['a list', { raw: '[]' }, 400, badJson],
  ['a trailing comma', { raw: '{"api_key":"x",}' }, 400, badJson],
  [
    'bytes that are not UTF-8',
    { raw: Buffer.from([...Buffer.from('{"a":"'), 0xff, ...Buffer.from('"}')]) },
    400,
    badJson,
  ],
  ['no api_key', { more: { api_key: undefined } }, 400, lacks('api_key')],
  ['an empty api_key', { more: { api_key: '' } }, 400, lacks('api_key')],
  ['a numeric api_key', { more: { api_key: 5 } }, 400, lacks('api_key')],
  ['an unknown key', { more: { api_key: 'abc' } }, 400, bad('Invalid API key: abc')],
  ['a key of the other region', { more: { api_key: 'eu-key' } }, 400, bad('Invalid API key: eu-key')],
  ['no events', { more: { events: undefined } }, 400, lacks('events')],
  ['an empty list of events', { events: [] }, 400, lacks('events')],
  ['events that are not a list', { events: { 0: event('a') } }, 400, lacks('events')],
  [
    '1999 events',
    {
      path: '/2/httpapi',
      events: Array.from({ length: 1999 }, (_, index) =>
        event(`e-${index}`, { user_id: `user-${index}`, device_id: null, event_properties: {} }),
      ),
    },
    200,
    took(1999),
  ],
  [
    '2000 events',
    {
      path: '/2/httpapi',
      events: Array.from({ length: 2000 }, (_, index) => ({ user_id: `user-${index}`, event_type: 'a' })),
    },
    413,
    tooLarge,
  ],
  ['2000 events in a batch', { events: events(2000) }, 200, took(2000)],
  ['2001 events in a batch', { events: events(2001) }, 413, tooLarge],
  ['an event that is a string', { events: [event('a'), 'b'] }, 400, bad('Invalid event JSON')],
  ['an event that is a list', { events: [[]] }, 400, bad('Invalid event JSON')],
  [
    'options of the wrong type',
    { more: { options: { min_id_length: '1' } } },
    400,
    bad('Invalid field values on some events'),
  ],
  [
    'short ids with min_id_length',
    { more: { options: { min_id_length: 1 } }, events: [event('a', { user_id: '7' })] },
    200,
    took(1),
  ],
];

describe('an Amplitude upload', () => {
  it.each(cases)('answers %s', async (_name, sent, status, body) => {
    const response = await send(fake.url, sent);
    expect({ status: response.status, body: response.body ?? response.text }).toEqual({ status, body });
    expect(fake.control.summary()).toMatchObject({
      accepted: status === 200 ? response.body.events_ingested : 0,
      statuses: { [status]: 1 },
    });
  });

  it('is accepted only in the region of its key', async () => {
    expect((await send(fake.urls['eu'] as string, { more: { api_key: 'eu-key' } })).status).toBe(200);
    expect((await send(fake.urls['eu'] as string)).status).toBe(400);
  });
});

const invalid = (field: string) =>
  bad('Invalid field values on some events', { events_with_invalid_fields: { [field]: [1] } });
const missing = (field: string) =>
  bad('Request missing required field', { events_with_missing_fields: { [field]: [1] } });
const short = (field: string) =>
  bad('Invalid id length for user_id or device_id', { events_with_invalid_id_lengths: { [field]: [1] } });
const nested = (levels: number): unknown => JSON.parse('{"a":'.repeat(levels - 1) + '{}' + '}'.repeat(levels - 1));

const refused: readonly (readonly [string, UploadEvent, unknown])[] = [
  ['no event_type', { event_type: undefined }, missing('event_type')],
  ['an empty event_type', { event_type: '' }, missing('event_type')],
  ['a numeric event_type', { event_type: 5 }, invalid('event_type')],
  ['a reserved event_type', { event_type: '[Amplitude] Revenue' }, invalid('event_type')],
  ['no id', { user_id: undefined, device_id: null }, missing('user_id')],
  ...[
    'anonymous',
    'Anonymous',
    ' nil ',
    'none',
    'null',
    'N/A',
    'na',
    'undefined',
    'unknown',
    '',
    '00000000-0000-0000-0000-000000000000',
    '{}',
    'lmy47d',
    '0',
    '-1',
  ].map((id) => [`the user_id ${JSON.stringify(id)}`, { user_id: id }, invalid('user_id')] as const),
  ['a device_id of zeros', { device_id: '00000000-0000-0000-0000-000000000000' }, invalid('device_id')],
  ['a numeric user_id', { user_id: 12_345_678 }, invalid('user_id')],
  ['a user_id of four characters', { user_id: 'abcd' }, short('user_id')],
  ['a device_id of four characters', { device_id: 'abcd' }, short('device_id')],
  ['a time in words', { time: '2026-03-01T12:00:00Z' }, invalid('time')],
  ['a time with a fraction', { time: nowMs + 0.5 }, invalid('time')],
  ['a time of zero', { time: 0 }, invalid('time')],
  ['event_properties in a list', { event_properties: [] }, invalid('event_properties')],
  ['user_properties as a string', { user_properties: 'x' }, invalid('user_properties')],
  ['groups as a number', { groups: 3 }, invalid('groups')],
  ['41 layers', { event_properties: nested(41) }, invalid('event_properties')],
  ['a session_id that is a UUID', { session_id: '29fc2962-6d9c-455d-95ad-95b84f09b9e4' }, invalid('session_id')],
  ['a session_id of -2', { session_id: -2 }, invalid('session_id')],
  ['a price as a string', { price: '9.99' }, invalid('price')],
  ['a revenue as a string', { revenue: '1' }, invalid('revenue')],
  ['a latitude as a string', { location_lat: '1' }, invalid('location_lat')],
  ['a longitude as a string', { location_lng: '1' }, invalid('location_lng')],
  ['a fractional quantity', { quantity: 0.5 }, invalid('quantity')],
  ['a fractional event_id', { event_id: 0.5 }, invalid('event_id')],
  ['a currency in lower case', { currency: 'eur', price: 1 }, invalid('currency')],
  ['a numeric insert_id', { insert_id: 5 }, invalid('insert_id')],
  ['a product without a price', { productId: 'p' }, missing('price')],
  ['a revenueType without a price', { revenueType: 'r' }, missing('price')],
];

const taken: readonly (readonly [string, UploadEvent])[] = [
  ['only a user_id', { device_id: undefined }],
  ['only a device_id', { user_id: null }],
  ['an id that only contains a listed word', { user_id: 'unknown-7' }],
  ['40 layers', { event_properties: nested(40) }],
  ['a session_id of -1', { session_id: -1 }],
  ['a session_id', { session_id: nowMs }],
  ['a product with a price', { productId: 'p', price: -9.5, quantity: 2, currency: 'EUR' }],
  ['a product with a revenue', { productId: 'p', revenueType: 'r', revenue: 3 }],
  ['keys that are null', { session_id: null, price: null, currency: null }],
];

describe('an event', () => {
  it.each(refused)('is refused together with its whole request for %s', async (_name, more, body) => {
    const response = await send(fake.url, { events: [event('before'), event('culprit', more), event('after')] });
    expect({ status: response.status, body: response.body }).toEqual({ status: 400, body });
    expect(fake.control.summary()).toMatchObject({ accepted: 0, rejected: 1, lostCandidates: 2 });
  });

  it.each(taken)('is accepted with %s', async (_name, more) => {
    expect((await send(fake.url, { events: [event('a', more)] })).body).toEqual(took(1));
  });

  it('with several faults is listed under each, missing fields first', async () => {
    const response = await send(fake.url, {
      events: [
        event('a', { event_type: '', time: 'x' }),
        event('b', { time: 'x', user_id: 'abc' }),
        event('c', { user_id: 'ab', device_id: 'none' }),
      ],
    });
    expect(response.body).toEqual({
      code: 400,
      error: 'Request missing required field',
      events_with_missing_fields: { event_type: [0] },
      events_with_invalid_fields: { time: [0, 1], device_id: [2] },
      events_with_invalid_id_lengths: { user_id: [1, 2] },
    });
  });

  it.each([
    ['noInsertId', { insert_id: undefined }],
    ['noTime', { time: undefined }],
    ['timeInSeconds', { time: Math.floor(nowMs / 1000) }],
    ['unknownTopLevelKey', { campaign: 'x' }],
    ['unknownTopLevelKey', JSON.parse('{"constructor":1}') as UploadEvent],
    ['remoteIp', { ip: '$remote' }],
  ])('is accepted and recorded as a violation: %s', async (code, more) => {
    expect((await send(fake.url, { events: [event('a', more)] })).status).toBe(200);
    expect(fake.control.summary().violations).toEqual({ [code]: 1 });
  });

  it('is shifted by an upload time that is off by more than a minute', async () => {
    const times = async (offMs: number) => {
      fake.control.reset();
      await send(fake.url, { more: { client_upload_time: new Date(nowMs - offMs).toISOString() } });
      expect(fake.control.summary().violations).toEqual({ clientUploadTime: 1 });
      return fake.control.ledger().stored[0]?.event['time'];
    };
    expect(await times(60_000)).toBe(nowMs - 1000);
    expect(await times(90_000)).toBe(nowMs - 1000 + 90_000);
  });

  it('is stored with strings truncated to 1024 characters', async () => {
    await send(fake.url, { events: [event('a', { event_properties: { o: { long: 'x'.repeat(2000) } } })] });
    expect(fake.control.ledger().stored[0]?.event['event_properties']).toEqual({ o: { long: 'x'.repeat(1024) } });
    expect(fake.control.summary().altered).toBe(1);
  });

  it('with a duplicate key is accepted and recorded as a violation', async () => {
    await send(fake.url, {
      raw: JSON.stringify({ api_key: key, events: events(1) }).replace('{"a":1}', '{"a":1,"a":2}'),
    });
    expect(fake.control.ledger().violations).toMatchObject([{ code: 'duplicateKey', detail: 'a' }]);
  });
});

describe('copies of an event', () => {
  it('with the same insert_id and device are deduplicated in favour of the first', async () => {
    await send(fake.url, { events: [event('a', { city: 'first' })] });
    expect((await send(fake.url, { events: [event('a', { city: 'second' }), event('b')] })).body).toEqual(took(2));
    const { stored, view } = fake.control.ledger();
    expect(stored.map(({ duplicate }) => duplicate)).toEqual([false, true, false]);
    expect(view.map(({ event: kept }) => kept['city'])).toEqual(['first', undefined]);
  });

  it('on another device are separate events, unless only the insert_id is compared', async () => {
    const copies = [event('a'), event('a', { device_id: 'device-2' }), event('a', { device_id: undefined })];
    await send(fake.url, { events: copies });
    expect(fake.control.summary().duplicates).toBe(0);
    fake.control.reset();
    fake.control.setProfile({ dedupeKey: 'insert_id' });
    await send(fake.url, { events: copies });
    expect(fake.control.summary().duplicates).toBe(2);
  });

  it('become new events after seven days', async () => {
    await send(fake.url);
    fake.control.advanceClock(7 * 86_400_000 - 1000);
    await send(fake.url);
    fake.control.advanceClock(1000);
    await send(fake.url);
    expect(fake.control.ledger().stored.map(({ duplicate }) => duplicate)).toEqual([false, true, false]);
    expect(fake.control.ledger().view).toHaveLength(2);
  });

  it('without an insert_id are never deduplicated', async () => {
    await send(fake.url, { events: [event('a', { insert_id: undefined }), event('a', { insert_id: undefined })] });
    expect(fake.control.summary()).toMatchObject({ accepted: 2, duplicates: 0 });
  });

  it('keep their order of arrival per device', async () => {
    await send(fake.url, { events: [event('a'), event('b', { device_id: 'device-2' })] });
    await send(fake.url, {
      events: [event('c'), event('d', { device_id: undefined }), event('e', { device_id: undefined })],
    });
    const sequence = (person: unknown) =>
      fake.control
        .ledger()
        .stored.filter((copy) => copy.person === person)
        .map((copy) => copy.event['insert_id']);
    expect(sequence('device-1')).toEqual(['a', 'c']);
    expect(sequence('device-2')).toEqual(['b']);
    expect(sequence(fake.control.ledger().stored.at(-1)?.person)).toEqual(['d', 'e']);
  });
});
