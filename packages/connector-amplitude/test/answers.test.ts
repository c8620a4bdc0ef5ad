import type { HttpAnswer, Item, SendResult } from '@currents/connector';
import { htmlAnswer, jsonAnswer, noAnswer, scriptedHttp, textAnswer } from '@currents/connector/conformance';
import { amplitude } from '@currents/connector-amplitude';
import type { AmplitudeEvent } from '@currents/connector-amplitude';
import { describe, expect, it } from 'vitest';

const credentials = amplitude.credentials.parse({ apiKey: '7c1f0e5a9b3d4826a1c0f7e2d5b48963' });

/** One item for each pair of ids; an absent one is ''. */
function itemsFor(...ids: readonly (readonly [user: string, device: string])[]): Item<AmplitudeEvent>[] {
  return ids.map(([user, device], place) => {
    const payload: AmplitudeEvent = {
      ...(user !== '' && { user_id: user }),
      ...(device !== '' && { device_id: device }),
      event_type: '[Appboy] SMS Send',
      time: 1753776000000,
      insert_id: `event-${place}`,
      library: 'Braze',
      event_properties: { to_phone_number: '+351900000000' },
    };
    return { id: `event-${place}`, payload, json: JSON.stringify(payload) };
  });
}

const four = itemsFor(['ann', 'd-ann'], ['bea', 'd-bea'], ['cid', 'd-cid'], ['dan', 'd-dan']);

async function sendAgainst(
  answer: HttpAnswer,
  items: readonly Item<AmplitudeEvent>[] = four,
  choices: object = {},
): Promise<readonly SendResult[]> {
  const settings = amplitude.settings.parse({ region: 'us', ...choices });
  return amplitude.send(items, { settings, credentials, http: scriptedHttp(answer) });
}

/** The part of a result that the engine uses: `rejected field_invalid`, or `deferred throttled 15000 key`. */
function gist(result: SendResult): string {
  if (result.outcome === 'delivered') return 'delivered';
  if (result.outcome !== 'deferred') return `${result.outcome} ${result.code}`;
  return `deferred ${result.code} ${result.afterMs ?? '-'} ${result.scope}`;
}

const innocent = 'deferred others_refused 0 event';
const refused = (body: object): HttpAnswer =>
  jsonAnswer(400, { code: 400, error: 'Invalid field values on some events', ...body });
const slowDown = (body: object): HttpAnswer =>
  jsonAnswer(429, { code: 429, error: 'Too many requests for some devices and users', ...body });

describe('a request that is refused for some events: they are rejected, the others are sent again at once', () => {
  const missing = 'rejected field_missing';
  const invalid = 'rejected field_invalid';
  const short = 'rejected id_too_short';
  it.each<[string, object, readonly string[]]>([
    ['missing fields', { events_with_missing_fields: { event_type: [0, 3] } }, [missing, innocent, innocent, missing]],
    ['invalid fields', { events_with_invalid_fields: { time: [1] } }, [innocent, invalid, innocent, innocent]],
    [
      'short ids',
      { events_with_invalid_id_lengths: { user_id: [1], device_id: [2] } },
      [innocent, short, short, innocent],
    ],
    [
      'all three maps, and one event in two of them',
      {
        events_with_missing_fields: { event_type: [0] },
        events_with_invalid_fields: { time: [0, 1] },
        events_with_invalid_id_lengths: { user_id: [2] },
      },
      [missing, invalid, short, innocent],
    ],
    [
      'the first only',
      { events_with_invalid_fields: { time: [2], price: [2] } },
      [innocent, innocent, invalid, innocent],
    ],
    [
      'some that were not sent',
      { events_with_invalid_fields: { time: [1, 4, -1, 99, 1.5, 'x'] } },
      [innocent, invalid, innocent, innocent],
    ],
    ['all of them', { events_with_invalid_fields: { time: [0, 1, 2, 3] } }, [invalid, invalid, invalid, invalid]],
  ])('%s', async (_, body, then) => {
    expect((await sendAgainst(refused(body))).map(gist)).toStrictEqual(then);
  });

  it('the field is named, without values of the event', async () => {
    const results = await sendAgainst(
      refused({ events_with_invalid_fields: { 'event_properties of +351900000000': [0] } }),
    );
    expect(results[0]).toMatchObject({
      detail: 'Amplitude refuses the value: event_properties of [hidden]',
    });
  });
});

describe('a request that is refused without naming an event is sent again in halves', () => {
  it.each<[string, HttpAnswer]>([
    ['only a text', refused({})],
    ['empty maps', refused({ events_with_invalid_fields: {}, events_with_missing_fields: { time: [] } })],
    ['only indexes that were not sent', refused({ events_with_invalid_fields: { time: [4, 99] } })],
    ['maps of the wrong shape', refused({ events_with_invalid_fields: [1], events_with_missing_fields: { time: 1 } })],
    ['unreadable events', jsonAnswer(400, { code: 400, error: 'Invalid event JSON' })],
    ['an unreadable body', jsonAnswer(400, { code: 400, error: 'Invalid JSON request body' })],
    ['an unknown text', jsonAnswer(400, { code: 400, error: 'Poison' })],
    ['an empty body', textAnswer(400, '')],
    ['a page of a proxy', htmlAnswer(400)],
  ])('%s', async (_, answer) => {
    expect((await sendAgainst(answer)).map(gist)).toStrictEqual(four.map(() => 'split bad_request'));
  });
});

describe('silenced devices', () => {
  const silencedBody = {
    code: 400,
    eps_threshold: 100,
    error: 'Events silenced for device_id',
    exceeded_daily_quota_devices: {},
  };
  it('are rejected, throttled events wait, and the others are sent again at once', async () => {
    const answer = jsonAnswer(400, {
      ...silencedBody,
      silenced_devices: ['d-ann'],
      silenced_events: [0],
      throttled_devices: { 'd-bea': 0 },
      throttled_events: [1],
    });
    const then = ['rejected device_silenced', 'deferred throttled 15000 key', innocent, innocent];
    expect((await sendAgainst(answer)).map(gist)).toStrictEqual(then);
  });

  it('are rejected with all their events, listed or not', async () => {
    const items = itemsFor(['ann', 'd-1'], ['bea', 'd-2'], ['cid', 'd-1']);
    const answer = jsonAnswer(400, { ...silencedBody, silenced_devices: ['d-1'], silenced_events: [0] });
    const then = ['rejected device_silenced', innocent, 'rejected device_silenced'];
    expect((await sendAgainst(answer, items)).map(gist)).toStrictEqual(then);
  });
});

describe('a request that is throttled for some users or devices: they wait, the others are sent again at once', () => {
  const fast = 'deferred throttled 15000 key';
  const quota = 'deferred daily_quota 3600000 key';
  it.each<[string, object, readonly string[]]>([
    ['users', { throttled_users: { bea: 1203 }, throttled_events: [1] }, [innocent, fast, innocent, innocent]],
    ['devices', { throttled_devices: { 'd-cid': 1203 }, throttled_events: [2] }, [innocent, innocent, fast, innocent]],
    ['ids without a list', { throttled_users: { ann: 1203 } }, [fast, innocent, innocent, innocent]],
    ['a list without ids', { throttled_events: [0, 3] }, [fast, innocent, innocent, fast]],
    [
      'users over the daily quota',
      { exceeded_daily_quota_users: { dan: 500200 } },
      [innocent, innocent, innocent, quota],
    ],
    [
      'devices over the daily quota, and others too fast',
      { throttled_users: { bea: 1203 }, exceeded_daily_quota_devices: { 'd-cid': 500900 }, throttled_events: [1, 2] },
      [innocent, fast, quota, innocent],
    ],
    [
      'an unknown id over the daily quota',
      { exceeded_daily_quota_devices: { hash: 5e5 }, throttled_events: [0] },
      [quota, innocent, innocent, innocent],
    ],
    [
      'additional empty maps',
      { throttled_users: { ann: 31 }, exceeded_daily_quota_users: {}, throttled_devices: {} },
      [fast, innocent, innocent, innocent],
    ],
  ])('%s', async (_, body, then) => {
    expect((await sendAgainst(slowDown(body))).map(gist)).toStrictEqual(then);
  });

  it('waits 30 s with httpapi, 15 s with batch', async () => {
    for (const [endpoint, waitMs] of [
      ['httpapi', 30_000],
      ['batch', 15_000],
    ] as const) {
      const results = await sendAgainst(slowDown({ throttled_users: { ann: 31 } }), four, { endpoint });
      expect(results.map(gist)[0]).toBe(`deferred throttled ${waitMs} key`);
    }
  });

  it('a Retry-After makes the wait longer, never shorter', async () => {
    for (const [seconds, waitMs] of [
      ['60', 60_000],
      ['2', 15_000],
    ] as const) {
      const answer = {
        ...slowDown({ throttled_users: { ann: 31 } }),
        headers: { 'retry-after': seconds },
      } as HttpAnswer;
      expect((await sendAgainst(answer)).map(gist)).toStrictEqual([
        `deferred throttled ${waitMs} key`,
        innocent,
        innocent,
        innocent,
      ]);
    }
  });

  it('events of a throttled user or device wait, listed or not', async () => {
    const items = itemsFor(['ann', 'd-1'], ['ann', 'd-2'], ['bea', 'd-1'], ['', 'd-3'], ['cid', '']);
    const body = { throttled_users: { ann: 1203 }, throttled_devices: { 'd-3': 1100 }, throttled_events: [0] };
    expect((await sendAgainst(slowDown(body), items)).map(gist)).toStrictEqual([fast, fast, innocent, fast, innocent]);
    expect((await sendAgainst(slowDown({ throttled_events: [0] }), items)).map(gist)).toStrictEqual([
      ...[fast, fast, fast],
      ...[innocent, innocent],
    ]);
  });

  it('when none of its users and devices is named, the Current waits', async () => {
    for (const body of [
      {},
      { throttled_users: {}, throttled_events: [] },
      { throttled_users: { eve: 31 }, throttled_events: [4] },
    ]) {
      expect((await sendAgainst(slowDown(body))).map(gist)).toStrictEqual(
        four.map(() => 'deferred throttled - current'),
      );
    }
    const answer = jsonAnswer(429, { code: 429, error: 'Too many requests' }, { 'retry-after': '7' });
    expect((await sendAgainst(answer)).map(gist)).toStrictEqual(four.map(() => 'deferred throttled 7000 current'));
  });

  it('no detail contains an id', async () => {
    const items = itemsFor(['ines@example.com', 'E2D6A9C1'], ['bea', '']);
    const body = {
      throttled_users: { 'ines@example.com': 31 },
      throttled_devices: { E2D6A9C1: 31 },
      throttled_events: [0],
    };
    expect(JSON.stringify(await sendAgainst(slowDown(body), items))).not.toMatch(/ines|E2D6A9C1/);
  });
});

describe('a status for the whole request', () => {
  const key = `Invalid API key: ${credentials.apiKey}`;
  it.each<[string, HttpAnswer, string, object?]>([
    ['200', jsonAnswer(200, { code: 200, events_ingested: 4 }), 'delivered'],
    [
      '200 with fewer ingested, because Amplitude drops duplicates',
      jsonAnswer(200, { code: 200, events_ingested: 1 }),
      'delivered',
    ],
    ['200 of something else', htmlAnswer(200), 'deferred unreadable_answer - current'],
    ['200 cut short', textAnswer(200, '{"code":200,"events_'), 'deferred unreadable_answer - current'],
    ['200 whose body says 400', jsonAnswer(200, { code: 400 }), 'deferred unreadable_answer - current'],
    ['a bad key', jsonAnswer(400, { code: 400, error: key }), 'blocked credentials_refused'],
    ['a bad key, not echoed', jsonAnswer(400, { code: 400, error: 'Invalid API key' }), 'blocked credentials_refused'],
    ['a bad key, as 401', jsonAnswer(401, { code: 401, error: key }), 'blocked credentials_refused'],
    ['a missing key', jsonAnswer(400, { code: 400, missing_field: 'api_key' }), 'blocked credentials_missing'],
    [
      'a missing key together with invalid events',
      jsonAnswer(400, { code: 400, missing_field: 'api_key', events_with_missing_fields: { event_type: [0] } }),
      'blocked credentials_missing',
    ],
    ['a wrong path', jsonAnswer(400, { code: 400, error: 'Invalid request path' }), 'blocked not_found'],
    ['404', textAnswer(404, ''), 'blocked not_found'],
    ['405', textAnswer(405, ''), 'blocked not_found'],
    ['a redirection', textAnswer(308, '', { location: 'https://elsewhere.example/' }), 'blocked redirected'],
    ['403', jsonAnswer(403, { code: 403, error: 'Forbidden' }), 'split forbidden'],
    ['413', jsonAnswer(413, { code: 413, error: 'Payload too large' }), 'split request_too_large'],
    ['413 of a proxy', htmlAnswer(413), 'split request_too_large'],
    ['415', textAnswer(415, ''), 'blocked content_type_refused'],
    ['415 to gzip', textAnswer(415, ''), 'blocked gzip_refused', { gzip: true }],
    [
      'an unreadable body, compressed',
      jsonAnswer(400, { error: 'Invalid JSON request body' }),
      'blocked gzip_refused',
      { gzip: true },
    ],
    ['no body, compressed', jsonAnswer(400, { error: 'Missing request body' }), 'blocked gzip_refused', { gzip: true }],
    [
      'unreadable events, compressed',
      jsonAnswer(400, { error: 'Invalid event JSON' }),
      'split bad_request',
      { gzip: true },
    ],
    ['408', textAnswer(408, ''), 'deferred http_408 - current'],
    ['500', jsonAnswer(500, { code: 500 }), 'deferred http_500 - current'],
    ['502 of a proxy', htmlAnswer(502), 'deferred http_502 - current'],
    ['503 that says when', textAnswer(503, '', { 'retry-after': '20' }), 'deferred http_503 20000 current'],
    ['503 that names events', jsonAnswer(503, { throttled_events: [0] }), 'deferred http_503 - current'],
    ['an unknown status', textAnswer(499, ''), 'deferred http_499 - current'],
    ['a timeout', noAnswer('timeout'), 'deferred timeout - current'],
    ['an unreachable host', noAnswer('unreachable'), 'deferred unreachable - current'],
    ['half an answer', noAnswer('broken'), 'deferred broken_connection - current'],
  ])('%s', async (_, answer, then, choices) => {
    expect((await sendAgainst(answer, four, choices)).map(gist)).toStrictEqual(four.map(() => then));
  });

  it('an event that a firewall refuses alone is deferred alone, not rejected', async () => {
    const results = await sendAgainst(jsonAnswer(403, { code: 403, error: 'Forbidden' }), four.slice(0, 1));
    expect(results.map(gist)).toStrictEqual(['deferred forbidden 180000 event']);
  });
});

describe('the request', () => {
  it.each([
    [{ region: 'us' }, 'https://api2.amplitude.com/batch'],
    [{ region: 'eu' }, 'https://api.eu.amplitude.com/batch'],
    [{ region: 'us', endpoint: 'httpapi' }, 'https://api2.amplitude.com/2/httpapi'],
    [{ region: 'eu', endpoint: 'httpapi' }, 'https://api.eu.amplitude.com/2/httpapi'],
    [{ region: 'eu', baseUrl: 'http://localhost:4020/relay/' }, 'http://localhost:4020/relay/batch'],
  ])('%j goes to %s', async (choices, url) => {
    const http = scriptedHttp(jsonAnswer(200, { code: 200 }));
    await amplitude.send(four, { settings: amplitude.settings.parse(choices), credentials, http });
    expect(http.requests).toMatchObject([
      { method: 'POST', url, gzip: false, headers: { 'content-type': 'application/json' } },
    ]);
  });

  it('the body contains the key, the events in order and the minimum id length, but no upload time', async () => {
    const http = scriptedHttp(jsonAnswer(200, { code: 200 }));
    await amplitude.send(four, {
      settings: amplitude.settings.parse({ region: 'us', minIdLength: 3 }),
      credentials,
      http,
    });
    expect(JSON.parse(http.requests[0]?.body ?? '')).toStrictEqual({
      api_key: credentials.apiKey,
      events: four.map((item) => item.payload),
      options: { min_id_length: 3 },
    });
  });
});

describe('test', () => {
  it.each<[string, HttpAnswer, object]>([
    [
      'missing events are reported',
      jsonAnswer(400, { error: 'Request missing required field', missing_field: 'events' }),
      { outcome: 'passed' },
    ],
    ['no events are accepted', jsonAnswer(200, { code: 200, events_ingested: 0 }), { outcome: 'passed' }],
    [
      'a missing key is reported',
      jsonAnswer(400, { error: 'Request missing required field', missing_field: 'api_key' }),
      { outcome: 'refused', code: 'credentials_missing' },
    ],
    [
      'gzip is not supported',
      jsonAnswer(400, { error: 'Invalid JSON request body' }),
      { outcome: 'refused', code: 'gzip_refused' },
    ],
    ['a firewall refuses', jsonAnswer(403, { error: 'Forbidden' }), { outcome: 'unreachable', code: 'forbidden' }],
    ['too many requests', slowDown({}), { outcome: 'unreachable', code: 'throttled' }],
    ['the page of a proxy', htmlAnswer(200), { outcome: 'unreachable', code: 'unreadable_answer' }],
  ])('%s', async (_, answer, result) => {
    const http = scriptedHttp(answer);
    const settings = amplitude.settings.parse({ region: 'us', gzip: true });
    expect(await amplitude.test({ settings, credentials, http })).toMatchObject(result);
    expect(JSON.parse(http.requests[0]?.body ?? '')).toMatchObject({ api_key: credentials.apiKey, events: [] });
  });
});
