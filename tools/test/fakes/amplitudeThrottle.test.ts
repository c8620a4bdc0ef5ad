import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startFakeAmplitude, type FakeAmplitude } from '../../src/fakes/amplitude/startFakeAmplitude.js';
import { event, events, key, nowMs, send, start } from './amplitudeClient.js';

let fake: FakeAmplitude;
beforeAll(async () => {
  const limits = { httpapiEps: 1, batchEps: 2, dailyEvents: 100 };
  const projects = [...start.projects, { apiKey: 'slow', limits }, { apiKey: 'starter', limits: { projectEps: 1 } }];
  fake = await startFakeAmplitude({ ...start, projects });
});
afterAll(() => fake.close());
beforeEach(() => fake.control.reset());

let given = 0;
const hits = (count: number, userId: string, deviceId: string | null = null) =>
  Array.from({ length: count }, () => event(`h-${given++}`, { user_id: userId, device_id: deviceId }));
const post = (path: string, sent: unknown[]) => send(fake.url, { path, events: sent, more: { api_key: 'slow' } });

describe('the rate of a user or device', () => {
  it('is averaged over thirty seconds, and a request above it is refused as a whole', async () => {
    expect((await post('/2/httpapi', hits(30, 'user-a'))).status).toBe(200);
    fake.control.advanceClock(29_000);
    const response = await post('/2/httpapi', [
      ...hits(1, 'user-b'),
      ...hits(2, 'user-a', 'device-a'),
      ...hits(1, 'user-c'),
    ]);
    expect({ status: response.status, body: response.body }).toEqual({
      status: 429,
      body: {
        code: 429,
        error: 'Too many requests for some devices and users',
        eps_threshold: 1,
        throttled_users: { 'user-a': 2 },
        throttled_events: [1, 2],
      },
    });
    expect(fake.control.summary()).toMatchObject({ accepted: 30, rejected: 0, lostCandidates: 4 });
    expect((await post('/2/httpapi', [...hits(1, 'user-b'), ...hits(1, 'user-c')])).status).toBe(200);
  });

  it('applies to devices as well as to users', async () => {
    const response = await post('/batch', [...hits(61, 'user-a', 'device-a'), ...hits(1, 'user-b', 'device-a')]);
    expect(response.body).toMatchObject({
      eps_threshold: 2,
      throttled_devices: { 'device-a': 3 },
      throttled_users: { 'user-a': 3 },
    });
    expect(response.body.throttled_events).toHaveLength(62);
  });

  it.each([
    ['/2/httpapi', 30, 30_000],
    ['/batch', 60, 15_000],
  ])('at %s allows %i events and then requires a pause of %i ms', async (path, most, pauseMs) => {
    expect((await post(path, hits(most, 'user-a'))).status).toBe(200);
    fake.control.advanceClock(20_000);
    expect((await post(path, hits(1, 'user-a'))).status).toBe(429);
    fake.control.advanceClock(pauseMs - 1);
    const counted = await post(path, hits(1, 'user-b'));
    expect(counted.status).toBe(200);
    fake.control.advanceClock(1);
    expect((await post(path, hits(1, 'user-a'))).status).toBe(200);
  });

  it.each([
    [true, [429, 429, 429]],
    [false, [429, 429, 200]],
  ])('restarts the pause when the id returns too early (restartOnTouch: %s)', async (restartOnTouch, expected) => {
    fake.control.setProfile({ restartOnTouch });
    await post('/2/httpapi', hits(30, 'user-a'));
    fake.control.advanceClock(5000);
    const seen = [(await post('/2/httpapi', hits(1, 'user-a'))).status];
    fake.control.advanceClock(29_000);
    seen.push((await post('/2/httpapi', hits(1, 'user-a'))).status);
    fake.control.advanceClock(2000);
    seen.push((await post('/2/httpapi', hits(1, 'user-a'))).status);
    expect(seen).toEqual(expected);
  });

  it('shows empty maps with the switch emptyMaps', async () => {
    fake.control.setProfile({ emptyMaps: 'empty' });
    expect((await post('/2/httpapi', hits(31, 'user-a'))).body).toMatchObject({
      throttled_devices: {},
      throttled_users: { 'user-a': 2 },
      exceeded_daily_quota_users: {},
      exceeded_daily_quota_devices: {},
    });
  });

  it('has a daily quota, which resets with time', async () => {
    for (const _round of [1, 2]) {
      expect((await post('/batch', hits(50, 'user-a', 'device-a'))).status).toBe(200);
      fake.control.advanceClock(3_600_000);
    }
    const response = await post('/batch', [...hits(1, 'user-b'), ...hits(1, 'user-a', 'device-a')]);
    expect({ status: response.status, body: response.body }).toEqual({
      status: 429,
      body: {
        code: 429,
        error: 'Too many requests for some devices and users',
        eps_threshold: 2,
        exceeded_daily_quota_users: { 'user-a': 101 },
        exceeded_daily_quota_devices: { 'device-a': 101 },
        throttled_events: [1],
      },
    });
    fake.control.advanceClock(21 * 3_600_000);
    expect((await post('/batch', hits(1, 'user-a'))).status).toBe(429);
    fake.control.advanceClock(3_600_000);
    expect((await post('/batch', hits(50, 'user-a'))).status).toBe(200);
  });

  it('of the whole project is refused without names', async () => {
    const upload = (count: number) => send(fake.url, { events: events(count), more: { api_key: 'starter' } });
    expect((await upload(30)).status).toBe(200);
    expect(await upload(1)).toMatchObject({ status: 429, text: '{"code":429,"error":"Too many requests"}' });
    fake.control.advanceClock(30_000);
    expect((await upload(30)).status).toBe(200);
  });

  it('is separate for each project', async () => {
    await post('/batch', hits(61, 'user-a'));
    expect((await send(fake.url, { events: hits(61, 'user-a') })).status).toBe(200);
  });
});

it('a silenced device makes the whole request fail', async () => {
  fake.control.silence(key, ['device-1', 'device-9']);
  const response = await send(fake.url, { events: [event('a'), event('b', { device_id: 'device-2' }), event('c')] });
  expect({ status: response.status, body: response.body }).toEqual({
    status: 400,
    body: {
      code: 400,
      eps_threshold: 1000,
      error: 'Events silenced for device_id',
      exceeded_daily_quota_devices: {},
      silenced_devices: ['device-1'],
      silenced_events: [0, 2],
      throttled_devices: {},
      throttled_events: [],
    },
  });
  fake.control.silence(key, []);
  expect((await send(fake.url)).status).toBe(200);
  expect(() => fake.control.silence('no key', [])).toThrow('there is no project with the key "no key"');
  expect(fake.control.now()).toBe(nowMs);
});

describe('the limits of a project', () => {
  it('can be changed without resetting the counts', async () => {
    expect((await post('/2/httpapi', hits(20, 'user-a', 'device-a'))).status).toBe(200);
    fake.control.setLimits('slow', { httpapiEps: 2, dailyEvents: 60 });
    expect((await post('/2/httpapi', hits(40, 'user-a', 'device-a'))).status).toBe(200);
    expect(fake.control.maxInAWindow('slow', 'device-a')).toBe(60);
    expect((await post('/2/httpapi', hits(1, 'user-a'))).body).toMatchObject({
      throttled_users: { 'user-a': 3 },
      exceeded_daily_quota_users: { 'user-a': 61 },
    });
    fake.control.advanceClock(30_000);
    fake.control.setLimits('slow', { dailyEvents: 61 });
    expect((await post('/2/httpapi', hits(1, 'user-a'))).status).toBe(200);
    expect(fake.control.maxInAWindow('slow', 'user-a')).toBe(60);
  });

  it('cannot be set for an unknown project', () => {
    expect(() => fake.control.setLimits('nobody', {})).toThrow(/nobody/);
  });
});
