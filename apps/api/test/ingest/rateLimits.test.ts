import { request } from 'node:http';
import { createTokenRates } from '@currents/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAdminHarness } from '../admin/adminHarness.js';
import { startRequest } from '../rawRequest.js';
import { openIngestHarness, type IngestHarness } from './ingestHarness.js';

const none = { eventsPerSecond: null, bytesPerSecond: null };
let serial = 0;
const events = (count: number) => ({
  events: Array.from({ length: count }, () => ({
    event_type: 'users.messages.email.Open',
    id: `e${serial++}`,
    time: 1_750_000_000,
    user: { external_user_id: 'u' },
  })),
});

let harness: IngestHarness;
beforeAll(async () => void (harness = await openIngestHarness()));
afterAll(() => harness.close());

/** A token with limits of its own. */
async function limited({ events = 0, bytes = 0 }): Promise<Readonly<Record<string, string>>> {
  const token = await harness.makeToken({ eventsPerSecond: events, bytesPerSecond: bytes });
  return { authorization: `Bearer ${token}` };
}

describe('a token without limits', () => {
  it('gets no RateLimit header', async () => {
    const { status, headers } = await harness.post(events(5));
    expect([status, headers.get('ratelimit'), headers.get('ratelimit-policy')]).toEqual([200, null, null]);
  });
});

describe('a token with limits', () => {
  it('gets its limits and what is left of them in every answer', async () => {
    const { status, headers } = await harness.post(events(25), await limited({ events: 100, bytes: 1_000_000 }));
    expect(status).toBe(200);
    expect(headers.get('ratelimit-policy')).toBe('"events";q=100;w=1, "bytes";q=1000000;w=1;qu="content-bytes"');
    expect(headers.get('ratelimit')).toMatch(/^"events";r=\d{2};t=1, "bytes";r=\d+;t=[01]$/);
  });

  it('is refused with 429 once it has sent more events, and costs other tokens nothing', async () => {
    const own = await limited({ events: 10 });
    const before = (await harness.storedEvents()).length;
    expect((await harness.post(events(300), own)).status).toBe(200);
    const { status, headers, body } = await harness.post(events(1), own);
    expect([status, headers.get('content-type')]).toEqual([429, 'application/problem+json; charset=utf-8']);
    expect(body).toMatchObject({
      code: 'RATE_LIMITED',
      detail: expect.stringMatching(/may send 10 events a second .* in (28|29) s$/),
    });
    expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(28);
    expect(headers.get('ratelimit')).toMatch(/^"events";r=0;t=(29|30)$/);
    expect((await harness.post(events(300))).status).toBe(200);
    expect(await harness.storedEvents()).toHaveLength(before + 600);
  });

  it('is refused once it has sent more bytes, before the body is read', async () => {
    const own = await limited({ bytes: 1_000 });
    expect((await harness.post(events(500), own)).status).toBe(200);
    const status = await new Promise((resolve, reject) => {
      const headers = { ...own, 'content-length': '5000000' };
      const sent = request(`${harness.url}/v1/events`, { method: 'POST', headers }, ({ statusCode }) => {
        resolve(statusCode);
        sent.destroy();
      });
      sent.on('error', reject);
      sent.flushHeaders();
    });
    expect(status).toBe(429);
  });

  it('waits no longer after a body that is too large than after the largest that is taken', async () => {
    const own = await limited({ bytes: 1024 * 1024 });
    const tooLarge = startRequest(harness.url, '/v1/events', { ...own, 'content-length': 10 ** 15 });
    await expect.poll(() => tooLarge.status(), { timeout: 10_000 }).toBe(413);
    tooLarge.socket.destroy();
    const { status, headers } = await harness.post(events(1), own);
    expect(status).toBe(429);
    // Bodies of up to 10 MiB are taken.
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(10);
  });

  it('counts bodies in chunks', async () => {
    const own = await limited({ bytes: 1_000 });
    const chunked = { ...own, 'content-type': 'application/json', 'transfer-encoding': 'chunked' };
    const post = () =>
      new Promise((resolve, reject) => {
        const sent = request(`${harness.url}/v1/events`, { method: 'POST', headers: chunked }, (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        });
        sent.on('error', reject);
        sent.end(JSON.stringify(events(100)));
      });
    expect([await post(), await post()]).toEqual([200, 429]);
  });

  it('is held to them by requests at once', async () => {
    const own = await limited({ events: 1 });
    const answers = await Promise.all(Array.from({ length: 6 }, () => harness.post(events(100), own)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 429, 429, 429, 429, 429]);
  });

  it('is taken again once it has waited', async () => {
    const own = await limited({ events: 100 });
    expect((await harness.post(events(110), own)).status).toBe(200);
    expect((await harness.post(events(1), own)).status).toBe(429);
    await expect.poll(async () => (await harness.post(events(1), own)).status, { timeout: 10_000 }).toBe(200);
  });

  it('may be known to no api process yet, and follows its new limits at once', async () => {
    const token = await harness.makeToken();
    const own = { authorization: `Bearer ${token}` };
    expect((await harness.post(events(100), own)).headers.get('ratelimit')).toBeNull();
    await harness.sql`update ingest_token set events_per_second = 7 where name = ${token}`;
    await expect
      .poll(async () => (await harness.post(events(1), own)).headers.get('ratelimit-policy'))
      .toBe('"events";q=7;w=1');
    await harness.sql`update ingest_token set events_per_second = 0 where name = ${token}`;
    await expect.poll(async () => (await harness.post(events(1), own)).headers.get('ratelimit-policy')).toBeNull();
  });
});

describe('the limits of all tokens', () => {
  it('hold where a token has none of its own', () => {
    const rates = createTokenRates({ eventsPerSecond: 5, bytesPerSecond: 0 });
    expect(rates.of(1, none)?.states()).toEqual([{ name: 'events', limit: 5, remaining: 5, resetMs: 0, waitMs: 0 }]);
    expect(rates.of(2, { ...none, eventsPerSecond: 9 })?.states()).toMatchObject([{ limit: 9 }]);
    expect(rates.of(3, { ...none, eventsPerSecond: 0 })).toBeUndefined();
    expect(createTokenRates(none).of(4, none)).toBeUndefined();
  });
});

describe('the limits of a token in the admin API', () => {
  it('are given when it is created, and changed later', async () => {
    const admin = await openAdminHarness();
    const fields = '{ id eventsPerSecond bytesPerSecond }';
    const created = await admin.do(
      `mutation { createIngestToken(input: { name: "a", eventsPerSecond: 7 }) { ... on CreateIngestTokenPayload { ingestToken ${fields} } } }`,
    );
    const { id } = created.ingestToken;
    expect(created.ingestToken).toEqual({ id, eventsPerSecond: 7, bytesPerSecond: null });
    const update = async (input: string): Promise<any> =>
      admin.do(
        `mutation { updateIngestToken(input: { id: "${id}", ${input} }) { __typename ... on Problem { code message } ... on UpdateIngestTokenPayload { ingestToken ${fields} } } }`,
      );
    expect((await update('bytesPerSecond: 1000')).ingestToken).toEqual({
      id,
      eventsPerSecond: 7,
      bytesPerSecond: 1000,
    });
    expect((await update('eventsPerSecond: null, bytesPerSecond: 0')).ingestToken).toEqual({
      id,
      eventsPerSecond: null,
      bytesPerSecond: 0,
    });
    expect(await update('eventsPerSecond: -1')).toMatchObject({
      __typename: 'InputInvalid',
      message: 'eventsPerSecond: expected a whole number from 0 to 1000000, got -1',
    });
    await admin.close();
  });
});
