import { gzipSync } from 'node:zlib';
import { createLog } from '@currents/core';
import { afterEach, describe, expect, it } from 'vitest';
import { lockTable } from '../startApi.js';
import { startRequest, type RawRequest } from '../rawRequest.js';
import { event, openIngestHarness, type IngestHarness, type IngestHarnessOptions } from './ingestHarness.js';

const megabyte = 1024 * 1024;
let api: IngestHarness;
const open = async (options: IngestHarnessOptions = {}) => {
  api = await openIngestHarness({ maxBodyBytes: megabyte, requestBytes: 4 * megabyte, ...options });
};
const requests: RawRequest[] = [];
afterEach(async () => {
  for (const { socket } of requests.splice(0)) socket.destroy();
  await api.close();
});

/** Sends `sent` bytes of a body of 1 MB, and then nothing. */
function stall(sent: number): RawRequest {
  const headers = { authorization: `Bearer ${api.token}`, 'content-length': megabyte };
  const request = startRequest(api.url, '/v1/events', headers, [Buffer.alloc(sent, 32)]);
  requests.push(request);
  return request;
}

describe('11. bounded work: the bytes that all requests together may hold', () => {
  it('are not exceeded by bodies that are being read; small requests are stored meanwhile', async () => {
    await open();
    const stalled = Array.from({ length: 30 }, () => stall(900_000));
    await expect.poll(() => stalled.filter((request) => request.status() === 429).length).toBe(27);
    expect(api.bodies.budget.usedBytes).toBe(3 * 900_000);
    expect(stalled.find((request) => request.status() === 429)?.received()).toMatch(
      /retry-after: 7\r\n[\s\S]*"code":"TOO_MANY_REQUESTS"/,
    );
    expect((await api.post({ events: [event()] })).status).toBe(200);
    expect((await api.post(gzipSync(JSON.stringify([event()])), { 'content-encoding': 'gzip' })).status).toBe(200);
    expect((await api.post(' '.repeat(megabyte))).status).toBe(429);
    for (const { socket } of stalled) socket.destroy();
    await expect.poll(() => api.bodies.budget.usedBytes).toBe(0);
    expect((await api.post(' '.repeat(megabyte))).status).toBe(200);
    expect(api.bodies.budget.usedBytes).toBe(0);
  });

  it('refuse at its head a body that has no room', async () => {
    await open();
    stall(900_000);
    stall(900_000);
    stall(900_000);
    await expect.poll(() => api.bodies.budget.usedBytes).toBe(2_700_000);
    const late = stall(0);
    await expect.poll(() => late.status()).toBe(429);
    const tooLong = startRequest(api.url, '/v1/events', {
      authorization: `Bearer ${api.token}`,
      'content-length': megabyte + 1,
    });
    requests.push(tooLong);
    await expect.poll(() => tooLong.status()).toBe(413);
  });

  it('count a body as what it unpacks to, before it is unpacked', async () => {
    await open();
    stall(900_000);
    stall(900_000);
    stall(900_000);
    await expect.poll(() => api.bodies.budget.usedBytes).toBe(2_700_000);
    const packed = gzipSync(Buffer.alloc(megabyte, 32));
    expect((await api.post(packed, { 'content-encoding': 'gzip' })).body?.code).toBe('TOO_MANY_REQUESTS');
  });
});

describe('11. bounded work: the body of a request that was refused', () => {
  it.each([
    ['without a token', '/v1/events', 401],
    ['to an unknown path', '/unknown', 404],
    ['by a wrong method', '/healthz', 405],
  ])('is discarded until the client has hung up: %s', async (_, path, status) => {
    await open();
    const request = startRequest(api.url, path, { 'content-length': 50 * megabyte }, [Buffer.alloc(megabyte)]);
    requests.push(request);
    await expect.poll(() => request.status()).toBe(status);
    expect(api.bodies.discardedCount).toBe(1);
    request.socket.destroy();
    await expect.poll(() => api.bodies.discardedCount).toBe(0);
  });

  it('leaves its connection to the next request once it has been sent', async () => {
    await open();
    const request = startRequest(api.url, '/v1/events', { 'content-length': megabyte }, [Buffer.alloc(megabyte)]);
    requests.push(request);
    await expect.poll(() => request.status()).toBe(401);
    request.socket.write('GET /healthz HTTP/1.1\r\nhost: hub\r\n\r\n');
    await expect.poll(() => request.received()).toContain('HTTP/1.1 200 OK');
    await expect.poll(() => api.bodies.discardedCount).toBe(0);
  });

  it('does not delay the end of the process', async () => {
    await open();
    const request = startRequest(api.url, '/v1/events', { 'content-length': 50 * megabyte });
    requests.push(request);
    await expect.poll(() => request.status()).toBe(401);
    await api.close();
    await request.closed;
    await open();
  });
});

describe('a sender below the minimum rate', () => {
  it('is cut off with 408, and what it sent is freed', async () => {
    await open({ minRate: { minBytes: 1_000, periodMs: 100 } });
    const stalled = [stall(0), stall(900_000), stall(500_000)];
    await Promise.all(stalled.map(({ closed }) => closed));
    for (const request of stalled)
      expect(request.received()).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"REQUEST_TIMEOUT"/);
    expect([api.bodies.readingCount, api.bodies.budget.usedBytes]).toEqual([0, 0]);
    expect((await api.post({ events: [event()] })).status).toBe(200);
  });
});

describe('a client that hangs up', () => {
  it('within its body is neither logged nor counted as an error of the hub', async () => {
    const lines: unknown[] = [];
    const log = createLog('api', 'silent');
    for (const level of ['warn', 'error', 'fatal'] as const) log[level] = (line: unknown) => void lines.push(line);
    await open({ log });
    const request = stall(900_000);
    await expect.poll(() => api.bodies.budget.usedBytes).toBe(900_000);
    request.socket.destroy();
    await expect
      .poll(async () => (await api.ask('/metrics')).text)
      .toMatch(/^currents_ingest_requests_total\{status="499"\} 1$/m);
    expect((await api.ask('/metrics')).text).not.toMatch(/status="500"/);
    expect([lines, api.bodies.budget.usedBytes]).toEqual([[], 0]);
  });
});

describe('while a long body is read', () => {
  it.each([
    ['as JSON', {}, (events: readonly unknown[]) => JSON.stringify({ events })],
    [
      'as lines',
      { 'content-type': 'application/x-ndjson' },
      (events: readonly unknown[]) => events.map((one) => JSON.stringify(one)).join('\n'),
    ],
  ])('the event loop turns at least every 512 KB: %s', async (_, headers, write) => {
    await open({ maxBodyBytes: 10 * megabyte, requestBytes: 64 * megabyte });
    const events = Array.from({ length: 9_900 }, () => event({ properties: { campaign_name: 'é'.repeat(400) } }));
    const body = write(events);
    const answer = api.post(body, headers);
    // The whole body has arrived; what turns from now on happens while it is read and stored.
    await expect.poll(() => api.bodies.budget.usedBytes, { interval: 1 }).toBe(Buffer.byteLength(body));
    let turns = 0;
    while (api.bodies.budget.usedBytes > 0) {
      turns++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(turns).toBeGreaterThan(body.length / (512 * 1024));
    expect((await answer).body).toMatchObject({ accepted: 9_900, quarantined: 0 });
    expect(await api.storedEvents()).toEqual(events);
  });
});

describe('11. bounded work: requests whose events are all quarantined', () => {
  it('count towards the queue by what they quarantine', async () => {
    await open({ queuedBytes: 1_000 });
    const gate = await lockTable(api.databaseUrl, 'request');
    const statuses: number[] = [];
    const answers = Array.from({ length: 30 }, (_, place) =>
      api.post({ events: [{ id: place, filler: 'x'.repeat(600) }] }).then(({ status }) => void statuses.push(status)),
    );
    await gate.hasWaiter();
    await expect.poll(() => statuses).toContain(429);
    await gate.open();
    await Promise.all(answers);
    expect((await api.quarantine()).length).toBe(statuses.filter((status) => status === 200).length);
  });
});
