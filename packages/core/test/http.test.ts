import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { createHttp, isWebhookSignedBy } from '@currents/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** The partner's request handler, set by each test. */
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const servers = new Set<ReturnType<typeof createServer>>();
const http = () => createHttp({ timeoutMs: 1_000, connections: 2, allowPrivateAddresses: true });

async function listen(serve: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(serve).listen(0, '127.0.0.1');
  servers.add(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

let url: string;
beforeEach(async () => {
  url = await listen((request, response) => answer(request, response));
});
afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  servers.clear();
});

describe('a streamed response', () => {
  it('is passed on in pieces, and may be larger than a buffered response', async () => {
    const megabyte = Buffer.alloc(1024 * 1024, 'x');
    answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/csv' });
      for (let part = 0; part < 8; part++) response.write(megabyte);
      response.end();
    };
    let bytes = 0;
    let most = 0;
    const result = await http().stream({ method: 'GET', url }, (piece) => {
      bytes += piece.byteLength;
      most = Math.max(most, piece.byteLength);
    });
    expect(result).toMatchObject({ status: 200, body: '', headers: { 'content-type': 'text/csv' } });
    expect(bytes).toBe(8 * megabyte.byteLength);
    expect(most).toBeLessThan(megabyte.byteLength);
  });

  it('waits for a slow reader, even longer than the timeout of a partner', async () => {
    answer = (_request, response) => response.end(Buffer.alloc(300_000, 'x'));
    let underWay = 0;
    let slept = false;
    const result = await http().stream({ method: 'GET', url }, async () => {
      expect(++underWay).toBe(1);
      if (!slept) await new Promise((resolve) => setTimeout(resolve, 2_500));
      slept = true;
      underWay--;
    });
    expect(result).toMatchObject({ status: 200 });
  });

  it('rejects with the error that its reader throws', async () => {
    answer = (_request, response) => response.end('x');
    const full = new Error('no room');
    await expect(http().stream({ method: 'GET', url }, () => Promise.reject(full))).rejects.toBe(full);
  });

  it.each<[string, (response: ServerResponse) => void, object]>([
    [
      'is cut off',
      (response) => (
        response.writeHead(200, { 'content-length': '10' }).write('half'),
        setTimeout(() => response.destroy(), 50)
      ),
      { failure: 'broken' },
    ],
    ['stalls', (response) => void response.writeHead(200).write('half'), { failure: 'timeout' }],
    ['never starts', () => undefined, { failure: 'timeout' }],
  ])('that %s is a failure', async (_name, serve, failure) => {
    answer = (_request, response) => serve(response);
    expect(await http().stream({ method: 'GET', url }, () => undefined)).toMatchObject({ status: 0, ...failure });
  });

  it('with an error status is buffered, and not passed on', async () => {
    answer = (_request, response) => response.writeHead(429, { 'retry-after': '7' }).end('slow down');
    const pieces: Uint8Array[] = [];
    const result = await http().stream({ method: 'GET', url }, (piece) => void pieces.push(piece));
    expect([result, pieces]).toEqual([
      { status: 429, headers: expect.objectContaining({ 'retry-after': '7' }), body: 'slow down' },
      [],
    ]);
  });
});

describe('an answer that breaks off', () => {
  const cut = (status: number) => (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(status, { 'content-length': '10', 'retry-after': '7' }).write('half');
    setTimeout(() => response.destroy(), 50);
  };
  const stalled = (status: number) => (_request: IncomingMessage, response: ServerResponse) =>
    void response.writeHead(status, { 'retry-after': '7' }).write('half');

  it.each([302, 400, 401, 413, 429, 503])('after the status %i, which says what to do, keeps it', async (status) => {
    const kept = { status, headers: { 'retry-after': '7' }, body: '', unread: 'the answer broke off' };
    for (const serve of [cut(status), stalled(status)]) {
      answer = serve;
      expect(await http().request({ method: 'POST', url, body: '{}' })).toMatchObject(kept);
    }
  });

  it('after a success, of which the rest may be lost, is a failure', async () => {
    answer = cut(200);
    expect(await http().request({ method: 'POST', url })).toMatchObject({ status: 0, failure: 'broken' });
    answer = stalled(200);
    expect(await http().request({ method: 'POST', url })).toMatchObject({ status: 0, failure: 'timeout' });
  });
});

describe('a redirect', () => {
  it.each(['request', 'stream'] as const)(
    'is returned and not followed, so that credentials stay with the partner: %s',
    async (way) => {
      const visits: unknown[] = [];
      const elsewhere = await listen(
        (request, response) => (visits.push(request.headers.authorization), response.end('x')),
      );
      answer = (_request, response) => response.writeHead(302, { location: `${elsewhere}/file` }).end();
      const request = { method: 'GET', url, headers: { authorization: 'Basic secret' } } as const;
      const result = way === 'request' ? await http().request(request) : await http().stream(request, () => undefined);
      expect(result).toMatchObject({ status: 302, headers: { location: `${elsewhere}/file` } });
      expect(visits).toEqual([]);
    },
  );
});

describe('a signed request', () => {
  const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const nowMs = 1_750_000_000_900;

  it.each([
    ['a text', '{"events":[]}', false],
    ['pieces', ['{"events":[', Buffer.from('"ü"'), ']}'], false],
    ['a compressed text', '{"events":[]}', true],
  ] as const)('has the headers of Standard Webhooks over the body before compression: %s', async (_, body, gzip) => {
    let received: IncomingMessage | undefined;
    let bytes = Buffer.alloc(0);
    answer = (request, response) => {
      received = request;
      request.on('data', (chunk: Buffer) => (bytes = Buffer.concat([bytes, chunk])));
      request.on('end', () => response.end());
    };
    const client = createHttp({ timeoutMs: 1_000, connections: 1, allowPrivateAddresses: true, now: () => nowMs });
    const signature = { id: 'msg_1', secret };
    await client.request({ method: 'POST', url, headers: { 'x-own': 'kept' }, body, gzip, signature });
    const { headers = {} } = received ?? {};
    expect(headers).toMatchObject({ 'webhook-id': 'msg_1', 'webhook-timestamp': '1750000000', 'x-own': 'kept' });
    const text = gzip ? gunzipSync(bytes) : bytes;
    expect(isWebhookSignedBy(secret, headers, text)).toBe(true);
    expect(isWebhookSignedBy(secret, headers, `${text.toString()} `)).toBe(false);
    expect(isWebhookSignedBy(secret, { ...headers, 'webhook-timestamp': '1750000001' }, text)).toBe(false);
    await client.close();
  });
});
