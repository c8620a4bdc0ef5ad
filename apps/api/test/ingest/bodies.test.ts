import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { event, openIngestHarness, type Answer, type IngestHarness } from './ingestHarness.js';

const megabyte = 1024 * 1024;
const limit = 10 * megabyte;
let api: IngestHarness;
beforeAll(async () => {
  api = await openIngestHarness({ maxBodyBytes: limit });
});
afterEach(() => api.sql`truncate batch, request, quarantine_batch`);
afterAll(() => api.close());

const text = (value: unknown) => JSON.stringify(value);
const ids = async () => (await api.storedEvents()).map(({ id }) => id);
const refusalOf = ({ status, body }: Answer) => [status, body?.code];
const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
const ndjson = { 'content-type': 'application/x-ndjson' };
const gzip = { 'content-encoding': 'gzip' };

describe('a body is accepted', () => {
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
    ['with the version header of Braze Currents', { events: all }, { 'braze-currents-version': '1' }, all],
    [
      'as a JSON text sequence',
      all.map((each) => `\x1e${text(each)}\n`).join(''),
      { 'content-type': 'application/json-seq' },
      all,
    ],
    ['compressed', gzipSync(text({ events: all })), gzip, all],
    ['compressed, as lines', gzipSync(all.map(text).join('\n')), { ...gzip, ...ndjson }, all],
    ['compressed, with the encoding in capitals', gzipSync(text({ events: all })), { 'content-encoding': 'GZIP' }, all],
    ['compressed, as x-gzip', gzipSync(text({ events: all })), { 'content-encoding': 'x-gzip' }, all],
    ['with content-encoding identity', { events: all }, { 'content-encoding': 'identity' }, all],
    ['behind a byte order mark', `\uFEFF${text({ events: all })}`, {}, all],
  ])('%s', async (_, body, headers, expected) => {
    const { status, headers: said, body: answer } = await api.post(body, headers);
    expect([status, answer]).toEqual([200, { accepted: expected.length, quarantined: 0, quarantinedEvents: [] }]);
    expect(said.get('content-type')).toMatch(/^application\/json/);
    expect(await api.storedEvents()).toEqual(expected);
  });

  it('of a JSON text sequence as far as its texts are whole', async () => {
    const parts = [`\x1e\x1e${text(one)}\n\x1e`, text(two), '\n\x1e{"a\x1e', '":1}\n \x1e', `${text(three)}\n`];
    const answer = await fetch(`${api.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.token}`, 'content-type': 'application/json-seq' },
      body: new ReadableStream({
        async pull(controller) {
          const part = parts.shift();
          if (part === undefined) controller.close();
          else controller.enqueue(Buffer.from(part));
        },
      }),
      duplex: 'half',
    });
    expect(await answer.json()).toMatchObject({
      accepted: 3,
      quarantinedEvents: [{ position: 2, code: 'malformed_json' }],
    });
  });

  it('with query parameters', async () => {
    const response = await fetch(`${api.url}/v1/events?your_app_group_key=a%20b&events=none`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.token}` },
      body: text({ events: [one] }),
    });
    expect([response.status, await ids()]).toEqual([200, [one['id']]]);
  });

  it('in chunks, without content-length', async () => {
    const pieces = text({ events: all }).match(/.{1,50}/gs) ?? [];
    const response = await fetch(`${api.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.token}` },
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

  it('once, however often it is repeated, compressed or not', async () => {
    const body = text({ events: all });
    const answers = [
      await api.post(body),
      await api.post(gzipSync(body), gzip),
      ...(await Promise.all([api.post(body), api.post(body)])),
    ];
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(await ids()).toEqual(all.map(({ id }) => id));
  });
});

describe('an event is stored unchanged', () => {
  it.each<[string, Record<string, unknown>]>([
    ['dated 1969', { time: -1_000_000 }],
    ['dated 2100', { time: 4_102_444_800 }],
    ['without a user', { user: {} }],
    ['with an unknown field', { flavour: 'vanilla', properties: { never_heard_of: [1, { two: null }] } }],
    ['with every kind of text', { properties: { campaign_name: 'Ünïcode 深煎り 🫘 \u0000 \u2028 "\\' } }],
  ])('%s', async (_, more) => {
    const sent = event(more);
    expect((await api.post({ events: [sent] })).body).toMatchObject({ accepted: 1 });
    expect(await api.storedEvents()).toEqual([sent]);
  });

  it('with keys such as __proto__ and constructor', async () => {
    const keys = '"__proto__":{"polluted":true},"constructor":"c","prototype":"p","hasOwnProperty":"h","toString":"t"';
    const sent = `{"event_type":"users.behaviors.CustomEvent","id":"proto","time":1750000000,"user":{"__proto__":{"external_user_id":"x"}},"properties":{"name":"n",${keys},"custom_properties":{${keys}}}}`;
    expect((await api.post(`{"events":[${sent}]}`)).body).toMatchObject({ accepted: 1, quarantined: 0 });
    expect(text((await api.storedEvents())[0])).toBe(sent);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('except a lone surrogate, which becomes U+FFFD', async () => {
    const sent = text(event({ id: 'half', properties: { campaign_name: 'HALF', title: 'whole 🫘' } })).replace(
      'HALF',
      '\\ud83e',
    );
    expect((await api.post(`{"events":[${sent}]}`)).body).toMatchObject({ accepted: 1 });
    expect((await api.storedEvents())[0]?.properties).toEqual({ campaign_name: '\uFFFD', title: 'whole 🫘' });
  });
});

describe('an invalid event is quarantined, and the others are stored', () => {
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
      'a string as a price',
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
      'depth 80,000',
      `{"event_type":"users.messages.email.Open","id":"deeper","time":1,"properties":${nested(80_000)}}`,
      'too_deep',
    ],
  ])('%s', async (_, bad, code) => {
    const [before, after] = [event(), event()];
    const { status, body } = await api.post(`{"events":[${text(before)},${bad},${text(after)}]}`);
    expect([status, body]).toEqual([
      200,
      { accepted: 2, quarantined: 1, quarantinedEvents: [{ position: 1, code, detail: expect.any(String) }] },
    ]);
    expect(await ids()).toEqual([before['id'], after['id']]);
    const [kept] = await api.quarantine();
    expect(kept).toMatchObject({ position: 1, code, body: bad });
  });

  it('a line that is not JSON', async () => {
    const [before, after] = [event(), event()];
    const { body } = await api.post([text(before), '{"event_type": "users.mess', text(after)].join('\n'), ndjson);
    expect(body).toMatchObject({
      accepted: 2,
      quarantined: 1,
      quarantinedEvents: [{ position: 1, code: 'malformed_json' }],
    });
    expect(await ids()).toEqual([before['id'], after['id']]);
    expect((await api.quarantine())[0]?.body).toBe('{"event_type": "users.mess');
  });

  it.each([
    ['as a bundle', {}, (texts: readonly string[]) => `{"events":[${texts.join(',')}]}`],
    ['as lines', ndjson, (texts: readonly string[]) => texts.join('\n')],
  ])('bytes that are not UTF-8, which could otherwise merge two users: %s', async (_, headers, write) => {
    const [before, after] = [event(), event()];
    const bad = event({ user: { external_user_id: 'cafXY' } });
    const body = Buffer.from(write([before, bad, after].map(text)));
    body[body.indexOf('XY')] = 0xe9;
    const { status, body: answer } = await api.post(body, headers);
    expect([status, answer]).toMatchObject([
      200,
      { accepted: 2, quarantined: 1, quarantinedEvents: [{ position: 1, code: 'not_utf8' }] },
    ]);
    expect(await api.storedEvents()).toEqual([before, after]);
    expect((await api.quarantine())[0]?.body).toContain('caf\\xE9Y');
  });

  it('more of them than an answer lists are all quarantined', async () => {
    const events = Array.from({ length: 1_500 }, (_, index) => (index % 10 === 0 ? event() : { id: index }));
    const { body } = await api.post({ events });
    expect(body).toMatchObject({ accepted: 150, quarantined: 1_350 });
    expect(body?.quarantinedEvents).toHaveLength(1_000);
    expect((await api.quarantine()).length).toBe(1_350);
  });
});

describe('an unreadable body is refused with the reason', () => {
  it.each<[string, unknown, Record<string, string | undefined>, readonly [number, string], RegExp]>([
    ['JSON that breaks off', '{"events":[{"id":"a"', {}, [400, 'MALFORMED_JSON'], /expected .* got the end/],
    ['no JSON', 'event=1', {}, [400, 'MALFORMED_JSON'], /expected a value at line 1, column 1, got "e"/],
    [
      'JSON of another shape',
      { data: [] },
      {},
      [400, 'WRONG_SHAPE'],
      /expected \{"events":\[…\]\}.*got .*neither events nor event_type/,
    ],
    [
      'events that are not a list',
      { events: 'many' },
      {},
      [400, 'WRONG_SHAPE'],
      /got an object whose events are a string/,
    ],
    ['gzip that is plain text', 'plain text', gzip, [400, 'MALFORMED_GZIP'], /not valid gzip/],
    ['truncated gzip', gzipSync(text([event()])).subarray(0, 60), gzip, [400, 'MALFORMED_GZIP'], /not valid gzip/],
    [
      'another encoding',
      'x',
      { 'content-encoding': 'br' },
      [415, 'UNSUPPORTED_ENCODING'],
      /expected content-encoding gzip or none/,
    ],
    [
      'two encodings',
      'x',
      { 'content-encoding': 'gzip, gzip' },
      [415, 'UNSUPPORTED_ENCODING'],
      /expected content-encoding gzip or none/,
    ],
    [
      'gzip of more than the limit',
      gzipSync(Buffer.alloc(limit + 1, 32)),
      gzip,
      [413, 'BODY_TOO_LARGE'],
      /at most 10485760 bytes, decompressed/,
    ],
    [
      'another charset',
      text({ events: [event()] }),
      { 'content-type': 'application/json; charset="ISO-8859-1"' },
      [415, 'UNSUPPORTED_CHARSET'],
      /expected a body in UTF-8/,
    ],
    [
      '10,001 events',
      { events: Array.from({ length: 10_001 }, () => event()) },
      {},
      [413, 'TOO_MANY_EVENTS'],
      /at most 10000 events/,
    ],
    [
      'a million lines in a few bytes',
      gzipSync('x\n'.repeat(1_000_000)),
      { ...gzip, ...ndjson },
      [413, 'TOO_MANY_EVENTS'],
      /at most 10000 events/,
    ],
    ['20 MB', Buffer.alloc(20 * megabyte, 32), {}, [413, 'BODY_TOO_LARGE'], /at most 10485760 bytes, decompressed/],
  ])('%s', async (_, body, headers, refusal, detail) => {
    const answer = await api.post(body, headers);
    expect(refusalOf(answer)).toEqual(refusal);
    expect(answer.body?.detail).toMatch(detail);
    expect([await api.storedEvents(), await api.quarantine()]).toEqual([[], []]);
  });

  it.each([
    ['with content-length', `content-length: ${20 * megabyte}\r\n\r\n`, '', ''],
    ['in chunks', 'transfer-encoding: chunked\r\n\r\n', `${megabyte.toString(16)}\r\n`, '\r\n'],
  ])('20 MB from a sender that reads the answer only after sending everything, %s', async (_, head, before, after) => {
    const pieces = Array.from({ length: 20 }, () => [before, Buffer.alloc(megabyte, 32), after]).flat();
    const received = await sendAllThenRead([
      `POST /v1/events HTTP/1.1\r\nhost: hub\r\nauthorization: Bearer ${api.token}\r\n${head}`,
      ...pieces,
      before === '' ? '' : '0\r\n\r\n',
    ]);
    expect(received).toMatch(/^HTTP\/1\.1 413 [\s\S]*"code":"BODY_TOO_LARGE"/);
  });

  it('a body of exactly the limit is accepted', async () => {
    const body = text({ events: [event({ id: 'large' })] });
    expect((await api.post(body.padEnd(limit, ' '))).status).toBe(200);
    expect((await api.post(gzipSync(body.padEnd(limit, ' ')), gzip)).status).toBe(200);
    expect(refusalOf(await api.post(body.padEnd(limit + 1, ' ')))).toEqual([413, 'BODY_TOO_LARGE']);
  });
});

/** Sends like a simple blocking client, which reads the answer only after its last byte. */
function sendAllThenRead(pieces: readonly (string | Buffer)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(api.url);
    const socket = connect({ host: hostname, port: Number(port) });
    let received = '';
    socket.on('error', reject);
    for (const piece of pieces) socket.write(piece);
    socket.write('', () => {
      socket.on('data', (bytes) => {
        received += bytes.toString();
        if (received.endsWith('}')) socket.destroy();
      });
      socket.on('close', () => resolve(received));
    });
  });
}
