import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BrazeProfile } from '../../src/fakes/braze/profile.js';
import { startFakeBraze, type FakeBraze } from '../../src/fakes/braze/startFakeBraze.js';

const workspace = { workspaceId: 'shop', keys: ['key-1'], users: ['kim', 'lou'], blockedUsers: ['bad'] };

let fake: FakeBraze;
beforeAll(async () => {
  fake = await startFakeBraze({ projects: [workspace], clock: { startMs: 1_700_000_000_000, speed: 0 } });
});
afterAll(() => fake.close());
beforeEach(() => fake.control.reset());

const object = (id: string, value: boolean | null = true) => ({
  external_id: id,
  _update_existing_only: true,
  vip: value,
});

async function track(attributes: unknown, { key = 'key-1', ...more }: { key?: string; contentType?: string } = {}) {
  const response = await fetch(`${fake.url}/users/track`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': more.contentType ?? 'application/json' },
    body: typeof attributes === 'string' ? attributes : JSON.stringify({ attributes }),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

describe('the fake Braze', () => {
  it('holds attributes, and counts data points also of what does not change', async () => {
    expect(await track([object('kim'), object('lou', false)])).toMatchObject({
      status: 201,
      body: { message: 'success', attributes_processed: 2 },
    });
    await track([object('kim')]);
    expect(fake.control.membersOf('shop', 'vip')).toEqual(['external:kim']);
    expect(fake.control.countsOf('shop', 'vip')).toEqual({
      dataPoints: 3,
      unchanged: 1,
      profilesCreated: 0,
      memberCount: 1,
    });
  });

  it('creates no profile for an update-only object, and one otherwise', async () => {
    await track([object('mo')]);
    expect(fake.control.membersOf('shop', 'vip')).toEqual([]);
    await track([{ external_id: 'mo', vip: true }]);
    expect(fake.control.countsOf('shop', 'vip')).toMatchObject({ profilesCreated: 1, memberCount: 1 });
  });

  it('names the objects at fault, and does the rest', async () => {
    const { status, body } = await track([object('kim'), object('bad'), object('x'.repeat(988))]);
    expect(status).toBe(201);
    expect(body['errors']).toEqual([
      { type: 'BLACKLISTED_EXTERNAL_USER_ID', input_array: 'attributes', index: 1 },
      { type: 'EXTERNAL_USER_ID_TOO_LARGE', input_array: 'attributes', index: 2 },
    ]);
    expect(fake.control.membersOf('shop', 'vip')).toEqual(['external:kim']);
  });

  it.each<[string, unknown, Parameters<typeof track>[1], number]>([
    ['an unknown key', [object('kim')], { key: 'key-2' }, 401],
    ['too many objects', Array.from({ length: 76 }, () => object('kim')), {}, 400],
    ['no objects', [], {}, 400],
    ['no JSON', '{', {}, 400],
    ['another content type', [object('kim')], { contentType: 'text/plain' }, 400],
    ['more than 4 MB', ' '.repeat(4_000_001), {}, 413],
  ])('refuses %s', async (_, attributes, how, status) => {
    expect(await track(attributes, how)).toMatchObject({ status });
    expect(fake.control.membersOf('shop', 'vip')).toEqual([]);
  });

  it('refuses a revoked key', async () => {
    fake.control.setKeys('shop', ['key-2']);
    expect((await track([object('kim')])).status).toBe(401);
    expect((await track([object('kim')], { key: 'key-2' })).status).toBe(201);
  });

  it.each<[Partial<BrazeProfile>, unknown[], number, unknown]>([
    [{ objectLimit: 50 }, Array.from({ length: 51 }, () => object('kim')), 400, {}],
    [{ unknownUser: 'error' }, [object('mo')], 201, { errors: [{ type: 'BLACKLISTED_EXTERNAL_USER_ID' }] }],
    [
      { errorType: 'sentence' },
      [object('bad')],
      201,
      { errors: [{ type: 'the external_id is blacklisted and disallowed' }] },
    ],
    [{ accepted: 'queued' }, [object('kim')], 202, { message: 'queued' }],
    [{ twoIdentifiers: 'refuse' }, [{ ...object('kim'), braze_id: 'x' }], 400, {}],
    [
      { twoIdentifiers: 'error' },
      [{ ...object('kim'), braze_id: 'x' }],
      201,
      { errors: [{ type: 'TWO_IDENTIFIERS' }] },
    ],
  ])('with the switch %j', async (profile, attributes, status, body) => {
    fake.control.setProfile(profile);
    expect(await track(attributes)).toMatchObject({ status, body: body as object });
  });

  it('leaves out the place of an error where a switch says so', async () => {
    fake.control.setProfile({ errorIndex: false, errorInputArray: false });
    expect((await track([object('bad')])).body['errors']).toEqual([{ type: 'BLACKLISTED_EXTERNAL_USER_ID' }]);
  });

  it.each<[Partial<BrazeProfile>, Record<string, string | null>]>([
    [{ on429: 'retryAfter' }, { 'x-ratelimit-retry-after': '3', 'x-ratelimit-reset': null }],
    [{ on429: 'resetEpoch' }, { 'x-ratelimit-retry-after': null, 'x-ratelimit-reset': '1700000003' }],
    [{ on429: 'resetSeconds' }, { 'x-ratelimit-reset': '3' }],
    [{ on429: 'none' }, { 'x-ratelimit-retry-after': null, 'x-ratelimit-reset': null }],
  ])('throttles over three seconds, and says how long: %j', async (profile, headers) => {
    fake.control.setProfile({ ...profile, requestLimit: 2 });
    expect((await track([object('kim')])).status).toBe(201);
    expect((await track([object('kim')])).status).toBe(201);
    const third = await track([object('kim')]);
    expect(third.status).toBe(429);
    for (const [name, value] of Object.entries(headers)) expect(third.headers.get(name)).toBe(value);
    fake.control.advanceClock(3_000);
    expect((await track([object('kim')])).status).toBe(201);
  });
});
