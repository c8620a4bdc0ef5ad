import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startFakeMixpanel, type FakeMixpanel } from '../../src/fakes/mixpanel/startFakeMixpanel.js';
import { event, events, nowMs, send, start } from './mixpanelClient.js';

let fake: FakeMixpanel;
beforeAll(async () => {
  fake = await startFakeMixpanel(start);
});
afterAll(() => fake.close());
beforeEach(() => fake.control.reset());

const time = "'properties.time' is invalid: must be specified as seconds since epoch";
const charset = "'$insert_id' is invalid: must only contain alphanumeric or hyphen '-' characters";
const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, index]));
const without = (name: string) => {
  const { [name]: _gone, ...properties } = event('id-1').properties;
  return { event: 'Email Open', properties };
};

const refused: readonly (readonly [string, unknown, string, string])[] = [
  ['a number for a record', 7, '', 'record is not an object'],
  ['a list for a record', [], '', 'record is not an object'],
  ['a third key', { ...event('id-1'), token: 'x' }, 'token', 'unknown field'],
  ['no event', { properties: event('id-1').properties }, 'event', "'event' must not be missing or blank"],
  ['a blank event', { ...event('id-1'), event: ' ' }, 'event', "'event' must not be missing or blank"],
  ['no properties', { event: 'Email Open' }, 'properties', "'properties' must not be missing"],
  ['no time', without('time'), 'properties.time', time],
  ['a time in quotes', event('id-1', { time: String(nowMs) }), 'properties.time', time],
  ['a fraction of a second', event('id-1', { time: nowMs / 1000 + 0.5 }), 'properties.time', time],
  ['a time that is true', event('id-1', { time: true }), 'properties.time', time],
  ['a time of 1970', event('id-1', { time: 31_535_999 }), 'properties.time', time],
  ['a time over an hour ahead', event('id-1', { time: nowMs + 3_600_001 }), 'properties.time', time],
  ['no distinct_id', without('distinct_id'), 'properties.distinct_id', "'distinct_id' must not be missing"],
  ['a numeric distinct_id', event('id-1', { distinct_id: 42 }), 'properties.distinct_id', "'distinct_id' is invalid"],
  [
    'a distinct_id of 256 bytes',
    event('id-1', { distinct_id: 'é'.repeat(128) }),
    'properties.distinct_id',
    "'distinct_id' is invalid",
  ],
  ...[
    'anon',
    ' Anonymous',
    'nil',
    'NONE',
    'null',
    'n/a',
    'na',
    'undefined',
    'unknown',
    '<nil>',
    '0',
    '-1',
    'true',
    'false',
    '[]',
    '{}',
    '00000000-0000-0000-0000-000000000000',
  ].map(
    (id) =>
      [
        `the distinct_id ${JSON.stringify(id)}`,
        event('id-1', { distinct_id: id }),
        'properties.distinct_id',
        "'distinct_id' is invalid: disallowed value",
      ] as const,
  ),
  ['no $insert_id', without('$insert_id'), '$insert_id', "'$insert_id' must not be missing or blank"],
  ['a blank $insert_id', event(' '), '$insert_id', "'$insert_id' must not be missing or blank"],
  ['a numeric $insert_id', event('', { $insert_id: 12 }), '$insert_id', "'$insert_id' must not be missing or blank"],
  [
    'an $insert_id of 37 bytes',
    event('a'.repeat(37)),
    '$insert_id',
    "'$insert_id' is invalid: must be at most 36 bytes",
  ],
  ['an $insert_id with an underscore', event('a_b'), '$insert_id', charset],
  ['an $insert_id with an umlaut', event('ä'), '$insert_id', charset],
  ['a disallowed $insert_id', event('unknown'), '$insert_id', "'$insert_id' is invalid: disallowed value"],
  ['a record of 1 MB', event('id-1', { text: 'x'.repeat(1_000_000) }), '', 'event exceeds max size'],
  ['255 properties', event('id-1', keys(251)), 'properties', 'too many properties'],
  ['a nested object of 255 keys', event('id-1', { o: keys(255) }), 'properties.o', 'object too large'],
  [
    'a fourth nested object',
    event('id-1', { a: { b: { c: { d: 1, e: {} } } } }),
    'properties.a.b.c.e',
    'nesting too deep',
  ],
  [
    'lists nested a hundred times',
    event('id-1', { a: JSON.parse('['.repeat(100) + ']'.repeat(100)) }),
    `properties.a${'.0'.repeat(64)}`,
    'nesting too deep',
  ],
  [
    'a list of 255 elements',
    event('id-1', { l: Array.from({ length: 255 }, () => 1) }),
    'properties.l',
    'array too large',
  ],
  [
    'a lone surrogate',
    event('id-1', { name: 'a\ud800' }),
    'properties.name',
    'properties.name is invalid: string should be valid utf8',
  ],
  [
    'a nested lone surrogate',
    event('id-1', { o: { l: ['x', '\udc00'] } }),
    'properties.o.l.1',
    'properties.o.l.1 is invalid: string should be valid utf8',
  ],
];

const taken: readonly (readonly [string, unknown])[] = [
  ['a time in seconds', event('id-1', { time: Math.floor(nowMs / 1000) })],
  ['a time of 1971', event('id-1', { time: 31_536_000 })],
  ['a time an hour ahead', event('id-1', { time: nowMs + 3_600_000 })],
  ['an empty distinct_id', event('id-1', { distinct_id: '' })],
  ['a distinct_id that only holds a listed word', event('id-1', { distinct_id: 'unknown-7' })],
  ['an $insert_id of 36 bytes', event('a'.repeat(36))],
  ['254 properties', event('id-1', keys(250))],
  ['a third nested object', event('id-1', { a: { b: { c: { d: 1 } } } })],
  ['a list of 254 elements', event('id-1', { l: Array.from({ length: 254 }, () => 1) })],
  ['a key called __proto__', JSON.parse(JSON.stringify(event('id-1')).replace('"ip":0', '"ip":0,"__proto__":{"x":1}'))],
  ['text beyond the first plane', event('id-1', { name: '🙂' })],
];

describe('a record', () => {
  it.each(refused)('is refused alone for %s', async (_name, record, field, message) => {
    const response = await send(fake.url, { body: [event('before'), record, event('after')] });
    const insertId = (record as { properties?: { $insert_id?: unknown } }).properties?.$insert_id;
    expect(response.status).toBe(400);
    expect(response.body).toEqual({
      code: 400,
      error: 'some data points in the request failed validation',
      failed_records: [
        { index: 1, insert_id: typeof insertId === 'string' && insertId.trim() !== '' ? insertId : '', field, message },
      ],
      num_records_imported: 2,
      status: 'Bad Request',
    });
    const { stored, rejected } = fake.control.ledger();
    expect(stored.map(({ index }) => index)).toEqual([0, 2]);
    expect(rejected).toMatchObject([{ index: 1, field, message }]);
  });

  it.each(taken)('is accepted with %s', async (_name, record) => {
    expect(await send(fake.url, { body: [record] })).toMatchObject({ status: 200, body: { num_records_imported: 1 } });
  });

  it('that is not UTF-8 is listed, and the other records are accepted', async () => {
    const [start, end] = JSON.stringify([event('a'), event('b', { name: '##' }), event('c', { name: 'ü' })]).split(
      '##',
    ) as [string, string];
    const raw = Buffer.concat([Buffer.from(start), Buffer.from([0xff, 0xe2, 0x82]), Buffer.from(end)]);
    const response = await send(fake.url, { raw });
    expect(response.body.failed_records).toEqual([
      {
        index: 1,
        insert_id: 'b',
        field: 'properties.name',
        message: 'properties.name is invalid: string should be valid utf8',
      },
    ]);
    expect(
      fake.control.ledger().stored.map(({ event: kept }) => (kept['properties'] as { name?: string }).name),
    ).toEqual([undefined, 'ü']);
  });

  it('with strings over 255 bytes is stored with the strings truncated between two characters', async () => {
    await send(fake.url, { body: [event('a', { long: 'é'.repeat(200), deep: { text: 'y'.repeat(300) } })] });
    const [copy] = fake.control.ledger().stored;
    expect(copy?.altered).toEqual(['properties.long', 'properties.deep.text']);
    expect(copy?.event['properties']).toMatchObject({ long: 'é'.repeat(127), deep: { text: 'y'.repeat(255) } });
    expect(fake.control.summary().altered).toBe(2);
  });

  it('with a list over 8 KiB is stored without the list', async () => {
    const list = Array.from({ length: 100 }, () => 'z'.repeat(100));
    await send(fake.url, { body: [event('a', { list })] });
    expect(fake.control.ledger().stored[0]?.event['properties']).toMatchObject({ list: null });
    expect(fake.control.summary().violations).toEqual({ oversizeValue: 1 });
  });

  it('with $ignore is counted but not stored', async () => {
    expect((await send(fake.url, { body: [event('a', { $ignore: true })] })).body.num_records_imported).toBe(1);
    expect(fake.control.summary()).toMatchObject({ accepted: 0, violations: { ignored: 1 } });
  });

  it('without ip gets the location of the sender, which is recorded as a violation', async () => {
    const { ip: _ip, ...properties } = event('a').properties;
    await send(fake.url, {
      body: [{ event: 'Email Open', properties }, event('b'), event('c', { ip: '203.0.113.9' })],
    });
    expect(fake.control.summary().violations).toEqual({ noIpZero: 1 });
    const places = fake.control.ledger().stored.map(({ event: kept }) => '$city' in (kept['properties'] as object));
    expect(places).toEqual([true, false, true]);
  });

  it('with a duplicate key is accepted and recorded as a violation', async () => {
    const raw = JSON.stringify([event('a')]).replace('"ip":0', '"ip":0,"ip":0');
    expect((await send(fake.url, { raw })).status).toBe(200);
    expect(fake.control.ledger().violations).toMatchObject([{ code: 'duplicateKey', detail: 'ip' }]);
  });

  it('that is invalid is silently dropped when strict is 0', async () => {
    const response = await send(fake.url, {
      path: '/import?strict=0',
      body: [event('a'), event('b', { time: 'x' }), without('$insert_id')],
    });
    expect(response).toMatchObject({ status: 200, body: { code: 200, num_records_imported: 2, status: 'OK' } });
    expect(fake.control.summary()).toMatchObject({
      accepted: 2,
      rejected: 0,
      lostCandidates: 1,
      violations: { nonStrict: 1 },
    });
  });
});

describe('copies of an event', () => {
  it('with the same event, time, person and $insert_id are deduplicated in favour of the last', async () => {
    await send(fake.url, { body: [event('a', { version: 1 }), event('b')] });
    await send(fake.url, { body: [event('a', { version: 2 })] });
    const { stored, view } = fake.control.ledger();
    expect(stored.map(({ duplicate }) => duplicate)).toEqual([false, false, true]);
    expect(view.map(({ event: kept }) => (kept['properties'] as { version?: number }).version)).toEqual([2, undefined]);
    expect(fake.control.summary()).toMatchObject({ accepted: 3, duplicates: 1 });
  });

  it.each([
    ['time in another unit', { time: (nowMs - 1000) / 1000 }],
    ['person', { distinct_id: 'user-2' }],
  ])('that differ in %s are separate events', async (_name, change) => {
    await send(fake.url, { body: [event('a'), event('a', change)] });
    expect(fake.control.summary()).toMatchObject({ accepted: 2, duplicates: 0 });
  });

  it('of one day are merged by the compaction, even with different times', async () => {
    const copies = [
      event('a', { source: 's1' }),
      event('a', { source: 's2', time: nowMs - 5000 }),
      event('b', { source: 's3' }),
    ];
    await send(fake.url, { body: copies });
    expect(fake.control.compact('source')).toEqual({ before: 3, after: 2, lostIds: ['s1'] });
  });

  it('beyond the hot shard limit of a person and day are renamed', async () => {
    fake.control.createProject({ projectId: '99', token: 'token-99', limits: { hotShardEvents: 2 } });
    await send(fake.url, { credentials: 'token-99:', body: events(3) });
    const last = fake.control.ledger().stored.at(-1)?.event;
    expect(last).toMatchObject({
      event: '$hotshard_events',
      properties: { distinct_id: '', mp_original_distinct_id: 'user-1' },
    });
    expect(fake.control.summary().violations).toEqual({ hotShard: 1 });
  });
});
