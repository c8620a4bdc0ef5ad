import { createHook } from 'node:async_hooks';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRequest } from '../rawRequest.js';
import { basic, bearer, changes, openPartnerHarness, page, type PartnerHarness } from './partnerHarness.js';

let api: PartnerHarness;
beforeAll(async () => {
  api = await openPartnerHarness();
});
afterAll(() => api.close());

const gzip = { 'content-encoding': 'gzip' };
/** Unpacks to 9.9 MB of JSON. */
const bomb = gzipSync(`{"a":[${'{"b":1},'.repeat(1_100_000)}1]}`);

/** The decompressions that begin while `work` runs. */
async function decompressionsOf(work: () => Promise<void>): Promise<number> {
  let count = 0;
  const hook = createHook({ init: (_id, type) => void (type === 'ZLIB' && count++) }).enable();
  try {
    await work();
  } finally {
    hook.disable();
  }
  return count;
}

describe('11. bounded work: a push without a valid key', () => {
  it.each<[string, string, Record<string, string>, number]>([
    ['to an unknown partner', 'nobody/cohorts', {}, 404],
    ['to a partner with an impossible name', 'N%00body/cohorts/users', {}, 404],
    ['to an unknown endpoint', 'mixpanel/lists', {}, 404],
    ['to Mixpanel’s webhook, without a key', 'mixpanel/webhook', {}, 401],
    ['to Mixpanel’s webhook, with a wrong key', 'mixpanel/webhook', basic('x', 'cur_import_guess'), 401],
    ['to Amplitude’s webhook, without a key', 'amplitude/webhook', {}, 401],
    ['to Amplitude’s lists, with a wrong key', 'amplitude/lists/list_1/add', bearer('cur_import_guess'), 401],
    ['in another charset', 'mixpanel/cohorts', { 'content-type': 'application/json; charset=utf-16' }, 400],
  ])('%s is answered before a byte of its body is read', async (_, path, headers, status) => {
    const request = startRequest(api.url, `/partners/${path}`, { 'content-length': 9_900_000, ...headers });
    try {
      await expect.poll(request.status).toBe(status);
      expect([api.bodies.readingCount, api.bodies.budget.usedBytes]).toEqual([0, 0]);
    } finally {
      request.socket.destroy();
    }
  });

  it('that is 14 KB of gzip and unpacks to 9.9 MB is decompressed only where the key is in the body, to 1 MB', async () => {
    const statuses: number[] = [];
    const count = await decompressionsOf(async () => {
      for (const path of ['nobody/cohorts', 'mixpanel/webhook', 'mixpanel/cohorts', 'amplitude/cohorts/users'])
        statuses.push((await api.push(path, bomb, gzip)).status);
    });
    expect([statuses, count]).toEqual([[404, 401, 413, 413], 2]);
  });

  it('that states too small a size is decompressed once, to 1 MB at most', async () => {
    const lying = Buffer.from(bomb);
    lying.writeUInt32LE(100, lying.length - 4);
    let answer;
    const count = await decompressionsOf(async () => {
      answer = await api.push('mixpanel/cohorts', lying, gzip);
    });
    expect(answer).toMatchObject({ status: 413, body: { message: expect.stringContaining('1048576') } });
    expect(count).toBe(1);
  });

  it('holds at most 8 MB together with all others of its kind', async () => {
    // Each sends nearly 1 MB and then nothing.
    const part = Buffer.alloc(1_000_000, 32);
    const requests = Array.from({ length: 20 }, () =>
      startRequest(api.url, '/partners/mixpanel/cohorts', { 'content-length': 1_000_001 }, [part]),
    );
    try {
      await expect.poll(() => requests.filter((request) => request.status() === 423).length).toBeGreaterThan(11);
      expect(api.bodies.budget.usedBytes).toBeLessThanOrEqual(8 * 1024 * 1024);
      // A sender with a key is not among them.
      const key = await api.makeKey('mixpanel');
      const known = await api.push('mixpanel/webhook', page('add_members', ['a']), basic('', key));
      expect(known.status).toBe(200);
    } finally {
      for (const { socket } of requests) socket.destroy();
    }
    await expect.poll(() => api.bodies.budget.usedBytes).toBe(0);
  });
});

describe('a push whose key is in its body', () => {
  it.each([
    ['compressed', (body: string) => gzipSync(body), gzip],
    [
      'compressed in two members',
      (body: string) => Buffer.concat([gzipSync(body.slice(0, 50)), gzipSync(body.slice(50))]),
      gzip,
    ],
    ['of nearly 1 MB', (body: string) => Buffer.from(body.padEnd(1_000_000)), {}],
  ])('is stored: %s', async (_, encode, headers) => {
    const key = await api.makeKey('mixpanel');
    const body = JSON.stringify(changes(key, [{ user_ids: ['customer-1'] }], { cohort_id: 'dummy' }));
    await api.push(
      'mixpanel/cohorts',
      JSON.stringify({ ...changes(key, []), cohort_id: 'dummy', name: 'n', created_at: '2026-01-21T19:20:30Z' }),
    );
    expect(await api.push('mixpanel/cohorts/users', encode(body), headers)).toMatchObject({ status: 201 });
  });
});
