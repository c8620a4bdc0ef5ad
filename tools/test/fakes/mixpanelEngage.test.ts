import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startFakeMixpanel, type FakeMixpanel } from '../../src/fakes/mixpanel/startFakeMixpanel.js';
import { send, start, type Sent } from './mixpanelClient.js';

let fake: FakeMixpanel;
beforeAll(async () => void (fake = await startFakeMixpanel(start)));
afterAll(() => fake.close());
beforeEach(() => fake.control.reset());

const path = '/engage?ip=0&strict=1&verbose=1';
const update = (user: unknown, set: unknown, more: Readonly<Record<string, unknown>> = {}) => ({
  $token: 'token-77',
  $distinct_id: user,
  $set: set,
  ...more,
});
const post = (body: unknown, more: Sent = {}) => send(fake.url, { path, body, ...more });

describe('/engage', () => {
  it('sets properties of profiles, and $set_once those that are not set', async () => {
    const { $set: _, ...once } = update('ann', {}, { $set_once: { plan: 'free', born: 1990 } });
    expect(await post([update('ann', { plan: 'gold' }), update('bob', { plan: 'free' }), once])).toMatchObject({
      status: 200,
      body: { status: 1, error: null },
    });
    expect(fake.control.profileOf('77', 'ann')).toEqual({ plan: 'gold', born: 1990 });
    expect(fake.control.profileOf('77', 'bob')).toEqual({ plan: 'free' });
    expect(fake.control.ledger().stored.map(({ event }) => event)).not.toContainEqual(
      expect.objectContaining({ $token: expect.anything() as unknown }),
    );
    expect(fake.control.summary()).toMatchObject({ accepted: 3, violations: {}, lostCandidates: 0 });
    expect(fake.control.compact('none')).toMatchObject({ before: 0, after: 0 });
  });

  it.each<[what: string, record: unknown, field: string]>([
    ['no object', 7, ''],
    ['no user', update(undefined, { a: 1 }), '$distinct_id'],
    ['a number as a user', update(7, { a: 1 }), '$distinct_id'],
    ['a placeholder as a user', update('null', { a: 1 }), '$distinct_id'],
    ['a user of 256 bytes', update('x'.repeat(256), { a: 1 }), '$distinct_id'],
    ['no token', update('ann', { a: 1 }, { $token: undefined }), '$token'],
    ['no operation', update('ann', undefined), ''],
    ['two operations', update('ann', { a: 1 }, { $set_once: { a: 1 } }), ''],
    ['a text as an operation', update('ann', 'a'), '$set'],
    ['an empty operation', update('ann', {}), '$set'],
    ['an unknown field', update('ann', { a: 1 }, { event: 'x' }), 'event'],
    ['too many properties', update('ann', Object.fromEntries(Array.from({ length: 2_001 }, (_, n) => [n, n]))), '$set'],
    ['nesting too deep', update('ann', { a: { b: { c: { d: { e: 1 } } } } }), '$set.a.b.c.d'],
    ['a list of 255', update('ann', { a: Array.from({ length: 255 }, () => 1) }), '$set.a'],
  ])('refuses an update with %s, and takes the others', async (_what, record, field) => {
    const { status, body } = await post([update('bob', { a: 1 }), record]);
    expect(status).toBe(200);
    expect(body).toMatchObject({ failed_records: [{ index: 1, field }], num_records_imported: 1 });
    expect(fake.control.profileOf('77', 'bob')).toEqual({ a: 1 });
    expect(fake.control.profileOf('77', 'ann')).toBeUndefined();
    fake.control.setProfile({ engageFailure: 400 });
    expect(await post([record])).toMatchObject({ status: 400, body: { num_records_imported: 0 } });
  });

  it.each<[what: string, sent: Sent, status: number, body: unknown]>([
    ['another method', { method: 'GET' }, 405, undefined],
    ['compressed requests', { encoding: 'gzip' }, 400, { error: 'unsupported content encoding' }],
    ['another type', { contentType: 'text/plain' }, 200, { status: 0, error: 'invalid JSON' }],
    ['half a JSON', { raw: '[{' }, 200, { status: 0, error: 'invalid JSON' }],
    ['an empty list', { body: [] }, 200, { status: 0 }],
    ['2,001 updates', { body: Array.from({ length: 2_001 }, (_, n) => update(`u${n}`, { n })) }, 413, { code: 413 }],
    ['too many bytes', { raw: ' '.repeat(2_097_153) }, 413, { code: 413 }],
  ])('refuses %s', async (_what, sent, status, body) => {
    const said = await post([update('ann', { a: 1 })], sent);
    expect(said.status).toBe(status);
    if (body !== undefined) expect(said.body).toMatchObject(body as object);
    expect(fake.control.profileOf('77', 'ann')).toBeUndefined();
  });

  it('drops what has an unknown token, and says so only in the ledger', async () => {
    expect(await post([update('ann', { a: 1 }, { $token: 'stranger' })])).toMatchObject({ body: { status: 1 } });
    expect(fake.control.profileOf('77', 'ann')).toBeUndefined();
    expect(fake.control.summary()).toMatchObject({ accepted: 0, violations: { unknownToken: 1 } });
  });

  it('checks credentials in the header only if it is to', async () => {
    const sent = { credentials: 'stranger:' };
    expect(await post([update('ann', { a: 1 })], sent)).toMatchObject({ status: 200 });
    fake.control.setProfile({ engageCredentials: 'checked' });
    expect(await post([update('ann', { a: 2 })], sent)).toMatchObject({ status: 401 });
    expect(await post([update('ann', { a: 3 })], { credentials: null })).toMatchObject({ status: 200 });
  });

  it.each([
    ['/engage?ip=0&strict=1', { notVerbose: 1 }],
    ['/engage?ip=0&verbose=1', { nonStrict: 1 }],
    ['/engage?strict=1&verbose=1', { noIpZero: 1 }],
  ])('notices what a server should ask for: %s', async (address, violations) => {
    await post([update('ann', { a: 1 })], { path: address });
    expect(fake.control.summary().violations).toEqual(violations);
  });

  it('shares the rate of the project with /import', async () => {
    fake.control.createProject({ projectId: '99', token: 'token-99', limits: { maxEventsPerMin: 3 } });
    const ours = (count: number) =>
      Array.from({ length: count }, (_, n) => update(`u${n}`, { n }, { $token: 'token-99' }));
    expect(await send(fake.url, { credentials: 'token-99:' })).toMatchObject({ status: 200 });
    expect(await post(ours(2))).toMatchObject({ status: 200 });
    expect(await post(ours(1))).toMatchObject({ status: 429, body: { code: 429 } });
  });

  it('answers a success in the words of /import if it is to', async () => {
    fake.control.setProfile({ engageSuccess: 'strict' });
    expect(await post([update('ann', { a: 1 })])).toMatchObject({
      body: { code: 200, num_records_imported: 1, status: 'OK' },
    });
  });
});
