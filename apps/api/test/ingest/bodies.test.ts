import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { event, openDoor, type Answer, type Door } from './ingestHarness.js';

const megabyte = 1024 * 1024;
const limit = 10 * megabyte;
let door: Door;
beforeAll(async () => {
  door = await openDoor({ bodyBytes: limit });
});
afterEach(() => door.sql`truncate batch, request, quarantine`);
afterAll(() => door.close());

const text = (value: unknown) => JSON.stringify(value);
const ids = async () => (await door.storedEvents()).map(({ id }) => id);
const refusalOf = ({ status, body }: Answer) => [status, body?.code];
const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
const ndjson = { 'content-type': 'application/x-ndjson' };
const gzip = { 'content-encoding': 'gzip' };

describe('a body is taken', () => {
  const [one, two, three] = [event(), event(), event()];
  const all = [one, two, three];
  it.each<[string, unknown, Record<string, string | undefined>, readonly Record<string, unknown>[]]>([
    ['as a bundle', { events: all }, {}, all],
    ['as a bare event', one, {}, [one]],
    ['as a list', all, {}, all],
    ['as a list of bundles', [{ events: [one] }, { events: [two, three] }], {}, all],
    ['as lines', all.map(text).join('\n'), ndjson, all],
    ['without a content type', { events: all }, { 'content-type': undefined }, all],
    [
      'with a charset behind the content type',
      { events: all },
      { 'content-type': 'application/json; charset=utf-8' },
      all,
    ],
    ['with a content type that is not JSON', { events: all }, { 'content-type': 'text/plain' }, all],
    ['with the version header that a sender of Currents has', { events: all }, { 'braze-currents-version': '1' }, all],
    ['packed', gzipSync(text({ events: all })), gzip, all],
    ['packed, as lines', gzipSync(all.map(text).join('\n')), { ...gzip, ...ndjson }, all],
    ['packed, with the encoding in capitals', gzipSync(text({ events: all })), { 'content-encoding': 'GZIP' }, all],
    [
      'packed, by the other name that HTTP has for it',
      gzipSync(text({ events: all })),
      { 'content-encoding': 'x-gzip' },
      all,
    ],
    ['said to be as it is', { events: all }, { 'content-encoding': 'identity' }, all],
    ['behind a byte order mark', `\uFEFF${text({ events: all })}`, {}, all],
  ])('%s', async (_, body, headers, expected) => {
    const { status, headers: said, body: answer } = await door.post(body, headers);
    expect([status, answer]).toEqual([200, { accepted: expected.length, quarantined: 0, quarantinedEvents: [] }]);
    expect(said.get('content-type')).toMatch(/^application\/json/);
    expect(await door.storedEvents()).toEqual(expected);
  });

  it('with parameters behind the address', async () => {
    const response = await fetch(`${door.url}/v1/events?your_app_group_key=a%20b&events=none`, {
      method: 'POST',
      headers: { authorization: `Bearer ${door.token}` },
      body: text({ events: [one] }),
    });
    expect([response.status, await ids()]).toEqual([200, [one['id']]]);
  });

  it('in pieces, its length not said before', async () => {
    const pieces = text({ events: all }).match(/.{1,50}/gs) ?? [];
    const response = await fetch(`${door.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${door.token}` },
      body: new ReadableStream({
        start(controller) {
          for (const piece of pieces) controller.enqueue(Buffer.from(piece));
          controller.close();
        },
      }),
      duplex: 'half',
    });
    expect([response.status, await ids()]).toEqual([200, all.map(({ id }) => id)]);
  });

  it('once, however often and however packed it comes', async () => {
    const body = text({ events: all });
    const answers = [
      await door.post(body),
      await door.post(gzipSync(body), gzip),
      ...(await Promise.all([door.post(body), door.post(body)])),
    ];
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await ids()).toEqual(all.map(({ id }) => id));
  });
});

describe('an event is taken as it is', () => {
  it.each<[string, Record<string, unknown>]>([
    ['dated 1969', { time: -1_000_000 }],
    ['dated 2100', { time: 4_102_444_800 }],
    ['without a user', { user: {} }],
    ['with a field nobody knows', { flavour: 'vanilla', properties: { never_heard_of: [1, { two: null }] } }],
    ['with every kind of text', { properties: { campaign_name: 'Ünïcode 深煎り 🫘 \u0000 \u2028 "\\' } }],
  ])('%s', async (_, more) => {
    const sent = event(more);
    expect((await door.post({ events: [sent] })).body).toMatchObject({ accepted: 1 });
    expect(await door.storedEvents()).toEqual([sent]);
  });

  it('with keys named like the innards of JavaScript', async () => {
    const keys = '"__proto__":{"polluted":true},"constructor":"c","prototype":"p","hasOwnProperty":"h","toString":"t"';
    const sent = `{"event_type":"users.behaviors.CustomEvent","id":"proto","time":1750000000,"user":{"__proto__":{"external_user_id":"x"}},"properties":{"name":"n",${keys},"custom_properties":{${keys}}}}`;
    expect((await door.post(`{"events":[${sent}]}`)).body).toMatchObject({ accepted: 1, quarantined: 0 });
    expect(text((await door.storedEvents())[0])).toBe(sent);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('but for half a character, which becomes the sign for an unreadable one', async () => {
    const sent = text(event({ id: 'half', properties: { campaign_name: 'HALF', title: 'whole 🫘' } })).replace(
      'HALF',
      '\\ud83e',
    );
    expect((await door.post(`{"events":[${sent}]}`)).body).toMatchObject({ accepted: 1 });
    expect((await door.storedEvents())[0]?.properties).toEqual({ campaign_name: '\uFFFD', title: 'whole 🫘' });
  });

  it('but for bytes that are no text, which become that sign too', async () => {
    const body = Buffer.from(text({ events: [event({ properties: { campaign_name: 'XY' } })] }));
    body[body.indexOf('XY')] = 0xff;
    expect((await door.post(body)).body).toMatchObject({ accepted: 1 });
    expect((await door.storedEvents())[0]?.properties).toEqual({ campaign_name: '\uFFFDY' });
  });
});

describe('an event that cannot be taken is quarantined, and costs the others nothing', () => {
  const odd = (more: Readonly<Record<string, unknown>>) => text(event(more));
  it.each<[string, string, string]>([
    ['an unknown type', odd({ event_type: 'users.nonsense' }), 'unknown_event_type'],
    ['no type', odd({ event_type: undefined }), 'missing_event_type'],
    ['no id', odd({ id: undefined }), 'missing_id'],
    ['a number for an id', odd({ id: 7 }), 'bad_id'],
    ['a text for a time', odd({ time: '1750000000' }), 'bad_time'],
    ['a time in milliseconds', odd({ time: 1_750_000_000_000 }), 'time_in_milliseconds'],
    ['a list for a user', odd({ user: [] }), 'bad_user'],
    ['a number for a user id', odd({ user: { external_user_id: 7 } }), 'bad_user'],
    ['a text for properties', odd({ properties: 'none' }), 'bad_properties'],
    [
      'a text for a price',
      odd({ event_type: 'users.behaviors.Purchase', properties: { price: '9.99' } }),
      'wrong_type',
    ],
    ['no event at all', '"event"', 'not_an_object'],
    [
      'depth 10,000',
      `{"event_type":"users.messages.email.Open","id":"deep","time":1,"properties":${nested(10_000)}}`,
      'too_deep',
    ],
    [
      'depth 100,000',
      `{"event_type":"users.messages.email.Open","id":"deeper","time":1,"properties":${nested(100_000)}}`,
      'too_deep',
    ],
  ])('%s', async (_, bad, code) => {
    const [before, after] = [event(), event()];
    const { status, body } = await door.post(`{"events":[${text(before)},${bad},${text(after)}]}`);
    expect([status, body]).toEqual([
      200,
      { accepted: 2, quarantined: 1, quarantinedEvents: [{ position: 1, code, detail: expect.any(String) }] },
    ]);
    expect(await ids()).toEqual([before['id'], after['id']]);
    const [kept] = await door.quarantine();
    expect(kept).toMatchObject({ position: 1, code, body: bad });
  });

  it('a line that is no JSON', async () => {
    const [before, after] = [event(), event()];
    const { body } = await door.post([text(before), '{"event_type": "users.mess', text(after)].join('\n'), ndjson);
    expect(body).toMatchObject({
      accepted: 2,
      quarantined: 1,
      quarantinedEvents: [{ position: 1, code: 'malformed_json' }],
    });
    expect(await ids()).toEqual([before['id'], after['id']]);
    expect((await door.quarantine())[0]?.body).toBe('{"event_type": "users.mess');
  });

  it('more of them than an answer lists are all kept', async () => {
    const events = Array.from({ length: 1_500 }, (_, index) => (index % 10 === 0 ? event() : { id: index }));
    const { body } = await door.post({ events });
    expect(body).toMatchObject({ accepted: 150, quarantined: 1_350 });
    expect(body?.quarantinedEvents).toHaveLength(1_000);
    expect((await door.quarantine()).length).toBe(1_350);
  });
});

describe('a body that nothing can be read of is refused, and says why', () => {
  it.each<[string, unknown, Record<string, string | undefined>, readonly [number, string], RegExp]>([
    ['JSON that breaks off', '{"events":[{"id":"a"', {}, [400, 'MALFORMED_JSON'], /wanted .* the end came/],
    ['no JSON', 'event=1', {}, [400, 'MALFORMED_JSON'], /wanted a value at line 1, column 1; "e" came/],
    [
      'JSON of another shape',
      { data: [] },
      {},
      [400, 'WRONG_SHAPE'],
      /wanted \{"events":\[…\]\}.*neither events nor event_type came/,
    ],
    [
      'events that are no list',
      { events: 'many' },
      {},
      [400, 'WRONG_SHAPE'],
      /an object whose events are a string came/,
    ],
    ['gzip that is none', 'plain text', gzip, [400, 'MALFORMED_GZIP'], /not valid gzip/],
    [
      'gzip that breaks off',
      gzipSync(text([event()])).subarray(0, 60),
      gzip,
      [400, 'MALFORMED_GZIP'],
      /not valid gzip/,
    ],
    [
      'packed in another way',
      'x',
      { 'content-encoding': 'br' },
      [415, 'UNSUPPORTED_ENCODING'],
      /expected content-encoding gzip or none/,
    ],
    [
      'packed twice',
      'x',
      { 'content-encoding': 'gzip, gzip' },
      [415, 'UNSUPPORTED_ENCODING'],
      /expected content-encoding gzip or none/,
    ],
    [
      'packed small, and huge inside',
      gzipSync(Buffer.alloc(limit + 1, 32)),
      gzip,
      [413, 'BODY_TOO_LARGE'],
      /at most 10485760 bytes, decompressed/,
    ],
    ['20 MB', Buffer.alloc(20 * megabyte, 32), {}, [413, 'BODY_TOO_LARGE'], /at most 10485760 bytes, decompressed/],
  ])('%s', async (_, body, headers, refusal, detail) => {
    const answer = await door.post(body, headers);
    expect(refusalOf(answer)).toEqual(refusal);
    expect(answer.body?.detail).toMatch(detail);
    expect([await door.storedEvents(), await door.quarantine()]).toEqual([[], []]);
  });

  it.each([
    ['its length said before', `content-length: ${20 * megabyte}\r\n\r\n`, '', ''],
    ['in pieces', 'transfer-encoding: chunked\r\n\r\n', `${megabyte.toString(16)}\r\n`, '\r\n'],
  ])('20 MB from a sender that listens only when all is said, %s', async (_, head, before, after) => {
    const pieces = Array.from({ length: 20 }, () => [before, Buffer.alloc(megabyte, 32), after]).flat();
    const said = await sayAllThenListen([
      `POST /v1/events HTTP/1.1\r\nhost: hub\r\nauthorization: Bearer ${door.token}\r\n${head}`,
      ...pieces,
      before === '' ? '' : '0\r\n\r\n',
    ]);
    expect(said).toMatch(/^HTTP\/1\.1 413 [\s\S]*"code":"BODY_TOO_LARGE"/);
  });

  it('a body of exactly the largest size is taken', async () => {
    const body = text({ events: [event({ id: 'large' })] });
    expect((await door.post(body.padEnd(limit, ' '))).status).toBe(200);
    expect((await door.post(gzipSync(body.padEnd(limit, ' ')), gzip)).status).toBe(200);
    expect(refusalOf(await door.post(body.padEnd(limit + 1, ' ')))).toEqual([413, 'BODY_TOO_LARGE']);
  });
});

/** Speaks HTTP as plain blocking clients do: an answer that comes before the last byte is out is not seen. */
function sayAllThenListen(pieces: readonly (string | Buffer)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(door.url);
    const socket = connect({ host: hostname, port: Number(port) });
    let said = '';
    socket.on('error', reject);
    for (const piece of pieces) socket.write(piece);
    socket.write('', () => {
      socket.on('data', (bytes) => {
        said += bytes.toString();
        if (said.endsWith('}')) socket.destroy();
      });
      socket.on('close', () => resolve(said));
    });
  });
}
