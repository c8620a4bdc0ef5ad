import { gzipSync } from 'node:zlib';
import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { amplitudeMatrix, amplitudeSwitches, type AmplitudeProfile } from '../../src/fakes/amplitude/profile.js';
import {
  connectFakeAmplitude,
  startFakeAmplitude,
  type FakeAmplitude,
} from '../../src/fakes/amplitude/startFakeAmplitude.js';
import type { FaultAction } from '../../src/fakes/faults/rule.js';
import { event, events, key, nowMs, send, start, type Sent } from './amplitudeClient.js';
import { sendRaw } from './rawClient.js';

let fake: FakeAmplitude;
beforeAll(async () => {
  fake = await startFakeAmplitude(start);
});
afterAll(() => fake.close());
beforeEach(() => fake.control.reset());

const padded = (bytes: number): string => JSON.stringify({ api_key: key, events: events(1) }).padEnd(bytes, ' ');
const wrongKey = { more: { api_key: 'abc' } };
const bothBad = {
  events: [event('a', { time: 'x' }), event('b', { time: 'y', event_type: '' }), event('c', { event_type: '' })],
};

const cases: readonly (readonly [Partial<AmplitudeProfile>, Sent, number, unknown])[] = [
  [{ contentType: 415 }, { contentType: 'text/plain' }, 415, { code: 415 }],
  [{ gzip: 'reject400' }, { encoding: 'gzip' }, 400, { error: 'Invalid JSON request body' }],
  [{ gzip: 'reject415' }, { encoding: 'gzip' }, 415, { code: 415 }],
  [{ httpapiMaxBytes: 1_048_576 }, { path: '/2/httpapi', raw: padded(1_048_575) }, 200, {}],
  [{ httpapiMaxBytes: 1_048_576 }, { path: '/2/httpapi', raw: padded(1_048_576) }, 413, {}],
  [{ batchMaxBytes: 20_971_520 }, { raw: gzipSync(padded(20_971_520)), encoding: 'gzip' }, 200, {}],
  [
    { sizeBasis: 'compressed' },
    { path: '/2/httpapi', raw: gzipSync(padded(3_000_000)), encoding: 'gzip' },
    200,
    { payload_size_bytes: 3_000_000 },
  ],
  [{ keyText: 'suffix' }, wrongKey, 400, { error: 'Invalid API key: abc' }],
  [{ keyText: 'plain' }, wrongKey, 400, { error: 'Invalid API key' }],
  [{ keyText: '401' }, wrongKey, 401, { code: 401 }],
  [
    { missingIdField: 'device_id' },
    { events: [{ event_type: 'a' }] },
    400,
    { events_with_missing_fields: { device_id: [0] } },
  ],
  [{ shortId: 'strip' }, { events: [event('a', { user_id: 'abc' })] }, 200, {}],
  [
    { shortId: 'strip' },
    { events: [event('a', { user_id: 'abc', device_id: null })] },
    400,
    { events_with_invalid_id_lengths: { user_id: [0] } },
  ],
  [{ reservedEventTypes: 'accept' }, { events: [event('a', { event_type: '[Amplitude] Revenue' })] }, 200, {}],
  [{ productWithoutPrice: 'ignore' }, { events: [event('a', { productId: 'p' })] }, 200, {}],
  [
    { indexMode: 'all' },
    bothBad,
    400,
    { events_with_missing_fields: { event_type: [1, 2] }, events_with_invalid_fields: { time: [0, 1] } },
  ],
  [
    { indexMode: 'firstPerField' },
    bothBad,
    400,
    { events_with_missing_fields: { event_type: [1] }, events_with_invalid_fields: { time: [0] } },
  ],
];

describe('a switch', () => {
  it.each(cases)('%j', async (profile, sent, status, body) => {
    fake.control.setProfile(profile);
    expect(await send(fake.url, sent)).toMatchObject({ status, body });
  });

  it('shortId strip removes the id from the stored event', async () => {
    fake.control.setProfile({ shortId: 'strip' });
    await send(fake.url, { events: [event('a', { user_id: 'abc' })] });
    expect(fake.control.ledger().stored[0]?.event).not.toHaveProperty('user_id');
  });

  it('indexMode firstPerField rejects only the listed events', async () => {
    fake.control.setProfile({ indexMode: 'firstPerField' });
    await send(fake.url, bothBad);
    expect(fake.control.summary()).toMatchObject({ rejected: 2, lostCandidates: 1 });
  });

  it('of the matrix occurs once with each value except the default', () => {
    const expected = Object.entries(amplitudeSwitches).flatMap(([name, { values, matrix }]) =>
      matrix ? values.slice(1).map((value) => ({ [name]: value })) : [],
    );
    expect(amplitudeMatrix).toEqual(expected);
    expect(amplitudeMatrix.length).toBeGreaterThanOrEqual(6);
  });
});

describe('a fault with Amplitude’s responses', () => {
  const answers: readonly (readonly [string, FaultAction, number, unknown])[] = [
    ['revoked credentials', { kind: 'credentialsRevoked' }, 400, { code: 400, error: `Invalid API key: ${key}` }],
    ['a poisoned request', { kind: 'blanket400', ids: ['e-1'] }, 400, { code: 400, error: 'Invalid event JSON' }],
    ['a firewall', { kind: 'waf403', pattern: 'Email Open' }, 403, { code: 403, error: 'Forbidden' }],
    ['a smaller limit of bytes', { kind: 'maxBytesNow', bytes: 100 }, 413, { code: 413, error: 'Payload too large' }],
    ['too many requests', { kind: 'flip429', times: 1 }, 429, { code: 429, error: 'Too many requests' }],
    [
      'too many requests of all ids',
      { kind: 'flip429', times: 1, named: 'all' },
      429,
      {
        code: 429,
        error: 'Too many requests for some devices and users',
        eps_threshold: 1000,
        throttled_devices: { 'device-1': 1001 },
        throttled_users: { 'user-1': 1001 },
        throttled_events: [0, 1],
      },
    ],
    [
      'too many requests of one id',
      { kind: 'flip429', times: 1, named: ['e-1'] },
      429,
      {
        code: 429,
        error: 'Too many requests for some devices and users',
        eps_threshold: 1000,
        throttled_devices: { 'device-1': 1001 },
        throttled_users: { 'user-1': 1001 },
        throttled_events: [1],
      },
    ],
    [
      'a valid event marked',
      { kind: 'partial400', indexes: [1], field: 'time' },
      400,
      { code: 400, error: 'Invalid field values on some events', events_with_invalid_fields: { time: [1] } },
    ],
    [
      'a valid event marked by its id',
      { kind: 'partial400', ids: ['e-0'], records: 'indexAsString' },
      400,
      {
        code: 400,
        error: 'Invalid field values on some events',
        events_with_invalid_fields: { event_properties: ['0'] },
      },
    ],
    [
      'a surplus mark',
      { kind: 'partial400', indexes: [1], records: 'outOfRange' },
      400,
      {
        code: 400,
        error: 'Invalid field values on some events',
        events_with_invalid_fields: { event_properties: [1, 9] },
      },
    ],
    [
      'a duplicate mark',
      { kind: 'partial400', indexes: [1], records: 'repeated' },
      400,
      {
        code: 400,
        error: 'Invalid field values on some events',
        events_with_invalid_fields: { event_properties: [1, 1] },
      },
    ],
    [
      'marks as strings',
      { kind: 'partial400', indexes: [1], records: 'strings' },
      400,
      { code: 400, error: 'Invalid field values on some events', events_with_invalid_fields: ['event_properties'] },
    ],
    [
      'marks without maps',
      { kind: 'partial400', indexes: [1], records: 'none' },
      400,
      { code: 400, error: 'Invalid field values on some events' },
    ],
  ];

  it.each(answers)('%s', async (_name, action, status, body) => {
    fake.control.addFault({ match: { project: 'one' }, action });
    const response = await send(fake.url, { events: events(2) });
    expect({ status: response.status, body: response.body }).toEqual({ status, body });
    expect(fake.control.summary().accepted).toBe(0);
  });

  it.each([400, 415] as const)('gzip refused with %i', async (status) => {
    fake.control.addFault({ action: { kind: 'gzipRefuse', status } });
    expect((await send(fake.url, { encoding: 'gzip' })).status).toBe(status);
    expect((await send(fake.url)).status).toBe(200);
  });

  it('clockSkew shifts the server’s time', async () => {
    fake.control.addFault({ action: { kind: 'clockSkew', ms: 5000 } });
    expect((await send(fake.url)).body.server_upload_time).toBe(nowMs + 5000);
  });

  it('cannot match a project before the body is read', () => {
    expect(() =>
      fake.control.addFault({ match: { project: 'one' }, action: { kind: 'slowRead', bytesPerSecond: 1 } }),
    ).toThrow("before a request's project can be known");
  });
});

it('a lean ledger counts the same as a full one', async () => {
  const lean = await startFakeAmplitude({ ...start, mode: 'lean' });
  for (const { url, control } of [fake, lean]) {
    control.addFault({ match: { nth: 2 }, when: 'after-store', action: { kind: 'html' } });
    control.addFault({ match: { probability: 0.3, from: 4 }, action: { kind: 'status', status: 500 } });
    const bodies = [
      events(20),
      events(30),
      [event('bad', { time: 'x' }), event('good')],
      events(30),
      [event('x', { ip: '$remote', event_properties: { t: 'y'.repeat(2000) } })],
    ];
    for (const body of [...bodies, ...Array.from({ length: 6 }, (_, index) => events(5, `t${index}`))])
      await send(url, { events: body });
    control.advanceClock(8 * 86_400_000);
    await send(url, { events: events(5) });
  }
  expect(lean.control.summary()).toEqual(fake.control.summary());
  expect(
    Math.min(fake.control.summary().duplicates, fake.control.summary().rejected, fake.control.summary().lostCandidates),
  ).toBeGreaterThan(0);
  await lean.close();
});

describe('/identify', () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const fields = (identification: string) => new URLSearchParams({ api_key: key, identification }).toString();

  it.each([
    ['an object', fields('{"user_id":"user-1"}'), 200, 'success'],
    ['a list', fields('[{"user_id":"user-1"}]'), 200, 'success'],
    ['nothing', `api_key=${key}`, 400, 'missing_event'],
    ['invalid JSON', fields('{'), 400, 'missing_event'],
    ['an unknown key', 'api_key=x&identification={}', 400, 'invalid_api_key'],
  ])('answers %s', async (_name, body, status, text) => {
    expect(await sendRaw(`${fake.url}/identify`, { headers: form, body })).toMatchObject({ status, text });
  });

  it('answers a GET with a URL that is too long', async () => {
    const address = `${fake.url}/identify?${fields(JSON.stringify({ user_id: 'x'.repeat(9000) }))}`;
    expect((await sendRaw(address, { method: 'GET' })).status).toBe(414);
  });
});

describe('/v1/userprofile', () => {
  const agent = new Agent({ connections: 4 });
  afterAll(() => agent.destroy());
  const ask = (query: string, authorization: string | undefined = 'Api-Key secret-1') =>
    sendRaw(`${fake.urls['profile']}/v1/userprofile?${query}`, {
      method: 'GET',
      agent,
      headers: authorization === '' ? {} : { authorization },
    });
  const nothing = { recommendations: null, user_id: 'user-1', device_id: 'dev-1', amp_props: null, cohort_ids: null };
  beforeEach(() =>
    fake.control.setUserProfile({
      userId: 'user-1',
      deviceId: 'dev-1',
      ampProps: { library: 'http/1.0' },
      cohortIds: ['c1', 'c3'],
      recommendations: [
        { rec_id: 'r1', items: ['x'] },
        { rec_id: 'r2', items: [] },
      ],
      computations: { k1: '5', k2: '6' },
      propensities: { p1: { score: 83, pct: 9 }, p2: { score: 4, pct: 5 } },
    }),
  );

  it.each([
    ['user_id=user-1', {}],
    ['device_id=dev-1&get_amp_props=true', { amp_props: { library: 'http/1.0' } }],
    ['user_id=user-1&get_cohort_ids=true', { cohort_ids: ['c1', 'c3'] }],
    ['user_id=user-1&get_recs=true&rec_id=r2', { recommendations: [{ rec_id: 'r2', items: [] }] }],
    ['user_id=user-1&get_computations=true', { amp_props: { k1: '5', k2: '6' } }],
    ['user_id=user-1&comp_id=k2', { amp_props: { k2: '6' } }],
    ['user_id=user-1&get_propensity=true&prediction_id=p1', { propensity: 83 }],
    [
      'user_id=user-1&get_propensity=true&prediction_id=p1,p2&propensity_type=pct',
      {
        propensities: [
          { prop: 9, pred_id: 'p1', prop_type: 'pct' },
          { prop: 5, pred_id: 'p2', prop_type: 'pct' },
        ],
      },
    ],
  ])('answers %s', async (query, data) => {
    expect(await ask(query)).toMatchObject({ status: 200, body: { userData: { ...nothing, ...data } } });
  });

  it.each([
    ['an unknown user', 'user_id=nobody', 'Api-Key secret-1', 400, 'User id and device id not seen before'],
    ['no key', 'user_id=user-1', '', 401, 'Missing Api-Key in Authorization header'],
    ['the wrong key', 'user_id=user-1', `Api-Key ${key}`, 401, 'Invalid Api-Key'],
  ])('answers %s', async (_name, query, authorization, status, error) => {
    expect(await ask(query, authorization)).toMatchObject({ status, body: { error } });
  });

  it('accepts 600 calls a minute', async () => {
    const statuses = new Map<number, number>();
    for (let call = 0; call < 602; call += 14) {
      for (const { status } of await Promise.all(Array.from({ length: 14 }, () => ask('user_id=user-1'))))
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect(Object.fromEntries(statuses)).toEqual({ 200: 600, 429: 2 });
  });

  it('has a separate host', async () => {
    expect((await sendRaw(`${fake.urls['profile']}/batch`, { body: '{}' })).status).toBe(404);
    expect((await sendRaw(`${fake.url}/v1/userprofile`, { method: 'GET' })).status).toBe(404);
  });
});

it('a fake Amplitude can also be controlled over HTTP', async () => {
  const remote = connectFakeAmplitude(fake.controlUrl);
  await remote.silence(key, ['device-1']);
  await remote.setUserProfile({ userId: 'u' });
  expect((await send(fake.url)).body).toMatchObject({ silenced_devices: ['device-1'] });
  expect(await remote.summary()).toEqual(fake.control.summary());
  await expect(remote.silence('x', [])).rejects.toThrow('there is no project');
});
