import { Agent } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { mixpanelMatrix, mixpanelSwitches, type MixpanelProfile } from '../../src/fakes/mixpanel/profile.js';
import { startFakeMixpanel, type FakeMixpanel } from '../../src/fakes/mixpanel/startFakeMixpanel.js';
import { event, events, nowMs, send, start, type Sent } from './mixpanelClient.js';

let fake: FakeMixpanel;
beforeAll(async () => {
  fake = await startFakeMixpanel({
    ...start,
    projects: [...start.projects, { projectId: '88', token: 'token-88', region: 'eu' }],
  });
});
afterAll(() => fake.close());
beforeEach(() => fake.control.reset());

const twiceBad = { event: '', properties: { ...event('a_b').properties, time: 'x' } };
const padded = (bytes: number): string => `${JSON.stringify(events(1))}${' '.repeat(bytes)}`.slice(0, bytes);
const { distinct_id: _id, ...withoutId } = event('a').properties;

const cases: readonly (readonly [Partial<MixpanelProfile>, Sent, number, unknown])[] = [
  [{ wrongRegion: '401' }, { credentials: 'token-88:' }, 401, { code: 401 }],
  [{ wrongRegion: 'blackhole' }, { credentials: 'token-88:' }, 200, { num_records_imported: 1 }],
  [{ strictDefault: '0' }, { path: '/import', body: [event('a_b')] }, 200, { num_records_imported: 0 }],
  [{ strictDefault: '1' }, { path: '/import', body: [event('a_b')] }, 400, { num_records_imported: 0 }],
  [{ tooMany: 413 }, { body: events(2001) }, 413, { code: 413 }],
  [{ tooMany: 400 }, { body: events(2001) }, 400, { code: 400, error: 'request exceeds max limit of 2000 events' }],
  [{ maxBytes: 2_097_152 }, { raw: padded(2_097_152) }, 200, {}],
  [{ maxBytes: 2_097_152 }, { raw: padded(2_097_153) }, 413, { error: 'request exceeds max limit of 2097152 bytes' }],
  [{ maxBytes: 10_000_000 }, { raw: padded(10_000_000) }, 200, {}],
  [
    { maxBytes: 10_000_000 },
    { raw: padded(10_000_001) },
    413,
    { error: 'request exceeds max limit of 10000000 bytes' },
  ],
  [
    { maxBytes: 10_485_760 },
    { raw: padded(10_485_761) },
    413,
    { error: 'request exceeds max limit of 10485760 bytes' },
  ],
  [{ maxEventBytes: 1_048_576 }, { body: [event('a', { x: 'y'.repeat(1_000_000) })] }, 200, {}],
  [{ multiErrors: 'first' }, { body: [twiceBad] }, 400, { failed_records: [{ index: 0, field: 'event' }] }],
  [
    { multiErrors: 'all' },
    { body: [twiceBad] },
    400,
    {
      failed_records: [
        { index: 0, field: 'event' },
        { index: 0, field: 'properties.time' },
        { index: 0, field: '$insert_id' },
      ],
    },
  ],
  [{ idKey: 'insert_id' }, { body: [event('a_b')] }, 400, { failed_records: [{ insert_id: 'a_b' }] }],
  [{ idKey: '$insert_id' }, { body: [event('a_b')] }, 400, { failed_records: [{ $insert_id: 'a_b' }] }],
  [{ extraKeys: 'ignore' }, { body: [{ ...event('a'), extra: 1 }] }, 200, {}],
  [{ future: 'overwrite' }, { body: [event('a', { time: nowMs + 9e6 })] }, 200, {}],
  [{ missingDistinct: 'iphash' }, { body: [{ event: 'x', properties: withoutId }] }, 200, {}],
  [{ idCase: 'exact' }, { body: [event('a', { distinct_id: 'Anonymous' })] }, 200, {}],
  [{ idCase: 'exact' }, { body: [event('a', { distinct_id: 'anonymous' })] }, 400, {}],
  [{ looseStatus: 1 }, { path: '/import?strict=0' }, 200, { status: 1 }],
];

describe('a switch', () => {
  it.each(cases)('%j', async (profile, sent, status, body) => {
    fake.control.setProfile(profile);
    const response = await send(fake.url, sent);
    expect(response).toMatchObject({ status, body });
  });

  it('omitError omits the error', async () => {
    fake.control.setProfile({ omitError: true });
    expect(Object.keys((await send(fake.url, { body: [event('a_b')] })).body)).toEqual([
      'code',
      'failed_records',
      'num_records_imported',
      'status',
    ]);
  });

  it('idKey none omits the id', async () => {
    fake.control.setProfile({ idKey: 'none' });
    expect(Object.keys((await send(fake.url, { body: [event('a_b')] })).body.failed_records[0])).toEqual([
      'index',
      'field',
      'message',
    ]);
  });

  it('wrongRegion blackhole silently drops all events', async () => {
    fake.control.setProfile({ wrongRegion: 'blackhole' });
    await send(fake.url, { credentials: 'token-88:', body: events(3) });
    expect(fake.control.summary()).toMatchObject({ accepted: 0, lostCandidates: 3 });
  });

  it('shuffleFailed lists the failed records in another order', async () => {
    fake.control.setProfile({ shuffleFailed: true });
    const response = await send(fake.url, { body: events(30, 'a_b') });
    const indexes = (response.body.failed_records as { index: number }[]).map(({ index }) => index);
    expect(indexes).not.toEqual([...indexes].sort((a, b) => a - b));
    expect(new Set(indexes).size).toBe(30);
  });

  it('future overwrite stores the time of arrival', async () => {
    fake.control.setProfile({ future: 'overwrite' });
    await send(fake.url, { body: [event('a', { time: nowMs + 9e6 })] });
    expect(fake.control.ledger().stored[0]?.event['properties']).toMatchObject({ time: nowMs });
  });

  it('missingDistinct iphash generates a person', async () => {
    fake.control.setProfile({ missingDistinct: 'iphash' });
    await send(fake.url, { body: [{ event: 'x', properties: withoutId }] });
    expect(fake.control.ledger().stored[0]?.event['properties']).toMatchObject({
      distinct_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it('cutoff2010 accepts old events but never shows them', async () => {
    const old = event('old', { time: Date.UTC(2009, 11, 31) });
    fake.control.setProfile({ cutoff2010: true });
    expect((await send(fake.url, { body: [old, event('a')] })).body.num_records_imported).toBe(2);
    expect(fake.control.ledger().view).toHaveLength(1);
    expect(fake.control.summary().accepted).toBe(2);
  });

  it.each([
    [{ bogus: 1 }, 'unknown switch "bogus"; expected one of wrongRegion'],
    [{ tooMany: 414 }, 'switch tooMany cannot be 414; expected one of 413, 400'],
    [{ maxBytes: '2 MB' }, 'expected a positive number'],
  ])('that is unknown is refused: %j', (change, message) => {
    expect(() => fake.control.setProfile(change as never)).toThrow(message);
    expect(fake.control.profile().tooMany).toBe(413);
  });

  it('of the matrix occurs once with each value except the default', () => {
    const wanted = Object.entries(mixpanelSwitches).flatMap(([name, { values, matrix }]) =>
      matrix ? values.slice(1).map((value) => ({ [name]: value })) : [],
    );
    expect(mixpanelMatrix).toEqual(wanted);
    expect(mixpanelMatrix.length).toBeGreaterThanOrEqual(9);
  });
});

describe('the rate of a project', () => {
  const limited = { projectId: '5', token: 'token-5', limits: { maxEventsPerMin: 100 } };
  const post = async (count: number) => (await send(fake.url, { credentials: 'token-5:', body: events(count) })).status;

  it('refuses requests above it until a minute has passed', async () => {
    fake.control.createProject(limited);
    expect([await post(60), await post(41)]).toEqual([200, 429]);
    fake.control.advanceClock(59_000);
    expect(await post(1)).toBe(429);
    fake.control.advanceClock(60_000);
    expect(await post(99)).toBe(200);
  });

  it('is used up by refused requests unless the switch changes that', async () => {
    fake.control.createProject(limited);
    fake.control.setProfile({ countRejected: false });
    expect([await post(60), await post(41), await post(40)]).toEqual([200, 429, 200]);
  });

  it('also limits bytes', async () => {
    fake.control.createProject({ ...limited, limits: { maxBytesPerMin: 1000 } });
    expect([await post(4), await post(6)]).toEqual([200, 429]);
  });

  it('is separate for each project', async () => {
    fake.control.createProject(limited);
    expect([await post(101), (await send(fake.url)).status]).toEqual([429, 200]);
  });

  it.each([
    ['none', undefined],
    ['seconds', '5'],
    ['date', new Date(nowMs + 5000).toUTCString()],
  ] as const)('answers Retry-After: %s', async (retryAfter, header) => {
    fake.control.createProject(limited);
    fake.control.setProfile({ retryAfter });
    const response = await send(fake.url, { credentials: 'token-5:', body: events(101) });
    expect(response.headers['retry-after']).toBe(header);
    expect(response.body).toEqual({
      code: 429,
      error: 'Project exceeded rate limits. Please retry the request with exponential backoff.',
      status: 'Too Many Requests',
    });
  });

  it('records more than twenty concurrent requests as a violation', async () => {
    fake.control.addFault({ action: { kind: 'hang' } });
    const agent = new Agent();
    const waiting = Array.from({ length: 22 }, () => send(fake.url, { agent }).catch(() => undefined));
    await expect
      .poll(() => fake.control.summary())
      .toMatchObject({ maxInFlight: 22, violations: { overConcurrency: 2 } });
    await agent.destroy();
    await Promise.all(waiting);
  });
});

describe('/track', () => {
  const tracked = (properties = {}) => [event('a', { token: 'token-77', ...properties })];

  it.each([
    ['JSON', { body: tracked() }, '1'],
    [
      'a form',
      {
        contentType: 'application/x-www-form-urlencoded',
        raw: `data=${encodeURIComponent(JSON.stringify(tracked()))}`,
      },
      '1',
    ],
    [
      'a form in base64',
      {
        contentType: 'application/x-www-form-urlencoded',
        raw: `data=${encodeURIComponent(Buffer.from(JSON.stringify(tracked())).toString('base64'))}`,
      },
      '1',
    ],
    ['an unknown token', { body: [event('a', { token: 'x' })] }, '0'],
    ['no JSON', { raw: '??' }, '0'],
  ] as const)('answers %s with a digit, and an export never uses it', async (_name, sent, text) => {
    const response = await send(fake.url, { path: '/track', credentials: null, ...(sent as Sent) });
    expect({ status: response.status, text: response.text }).toEqual({ status: 200, text });
    expect(fake.control.summary()).toMatchObject({ accepted: Number(text), violations: { usedTrack: 1 } });
  });

  it('answers verbosely on request, and drops events older than five days', async () => {
    const response = await send(fake.url, {
      path: '/track?verbose=1',
      body: tracked({ time: nowMs - 6 * 86_400_000 }),
    });
    expect(response.body).toEqual({ status: 1, error: null });
    expect(fake.control.summary().accepted).toBe(0);
  });
});
