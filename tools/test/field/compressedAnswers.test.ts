import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { constants, brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { createHttp } from '@currents/core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const http = createHttp({ timeoutMs: 5_000, connections: 2, allowPrivateAddresses: true });
let status = 200;
let encoding: string | undefined;
let body: Buffer = Buffer.alloc(0);
const server = createServer((_request, response) => {
  response.writeHead(status, { ...(encoding !== undefined && { 'content-encoding': encoding }) }).end(body);
});
let url: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
beforeEach(() => {
  status = 200;
});
afterAll(async () => {
  await http.close();
  server.close();
});

const text = JSON.stringify({ code: 200, num_records_imported: 2, words: 'grün'.repeat(100) });

const codings: [string | undefined, Buffer][] = [
  [undefined, Buffer.from(text)],
  ['identity', Buffer.from(text)],
  ['gzip', gzipSync(text)],
  ['x-gzip', gzipSync(text)],
  ['GZIP', gzipSync(text)],
  ['deflate', deflateSync(text)],
  ['deflate', deflateRawSync(text)],
  ['br', brotliCompressSync(text)],
  ['deflate, gzip', gzipSync(deflateSync(text))],
  ['gzip, identity', gzipSync(text)],
  ['gzip', Buffer.concat([gzipSync(text.slice(0, 50)), gzipSync(text.slice(50))])],
];

describe.each(codings)('an answer with content-encoding %s', (coding, bytes) => {
  it.each([200, 400, 429, 503])('and status %d is read', async (code) => {
    [status, encoding, body] = [code, coding, bytes];
    expect(await http.request({ method: 'POST', url, body: '{}' })).toMatchObject({ status: code, body: text });
  });

  it('is handed over decompressed when it is streamed', async () => {
    [encoding, body] = [coding, bytes];
    const pieces: Uint8Array[] = [];
    const answer = await http.stream({ method: 'GET', url }, (piece) => void pieces.push(piece));
    expect([answer.status, Buffer.concat(pieces).toString()]).toEqual([200, text]);
  });
});

it.each(['gzip', 'deflate', 'br'])('an empty answer with content-encoding %s is empty', async (coding) => {
  [encoding, body] = [coding, Buffer.alloc(0)];
  expect(await http.request({ method: 'POST', url, body: '{}' })).toMatchObject({ status: 200, body: '' });
});

const gzipped = gzipSync(text);
it.each([
  ['is cut off', 'gzip', gzipped.subarray(0, gzipped.length - 12), 'the answer is not valid gzip'],
  ['is damaged', 'gzip', Buffer.from('not gzip'), 'the answer is not valid gzip'],
  ['is damaged', 'br', Buffer.from('not brotli'), 'the answer is not valid br'],
  ['is damaged', 'deflate', Buffer.from('xnot deflate'), 'the answer is not valid deflate'],
  [
    'is compressed too often',
    'gzip, gzip, gzip',
    gzipSync(gzipSync(gzipped)),
    'expected an answer compressed at most 2 times, got 3',
  ],
])(
  'an answer that %s (%s) keeps its status and says so, and is a failure as a stream',
  async (_, coding, bytes, why) => {
    [encoding, body] = [coding, bytes];
    for (status of [200, 401, 413, 429])
      expect(await http.request({ method: 'POST', url, body: '{}' })).toMatchObject({ status, body: '', unread: why });
    status = 200;
    const failure = { status: 0, failure: 'broken', detail: why };
    expect(await http.stream({ method: 'GET', url }, () => undefined)).toEqual(failure);
  },
);

it('an answer in an unknown coding keeps its status, and streams nothing', async () => {
  [encoding, body] = ['compress', Buffer.from('x')];
  for (status of [200, 401])
    expect(await http.request({ method: 'POST', url, body: '{}' })).toMatchObject({ status, body: '' });
  status = 200;
  expect(await http.stream({ method: 'GET', url }, () => undefined)).toEqual({
    status: 0,
    failure: 'broken',
    detail: 'expected an answer compressed with gzip, deflate, br or nothing, got something else',
  });
});

it.each([
  ['gzip', gzipSync(Buffer.alloc(64 * 1024 * 1024, 'x'), { level: 9 })],
  ['br', brotliCompressSync(Buffer.alloc(64 * 1024 * 1024, 'x'), { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } })],
])(
  'a bomb in %s is decompressed only up to the longest answer',
  async (coding, bytes) => {
    [encoding, body] = [coding, bytes];
    const before = process.memoryUsage().arrayBuffers;
    const answer = await http.request({ method: 'POST', url, body: '{}' });
    expect(answer).toMatchObject({ status: 200 });
    expect('body' in answer && answer.body.length).toBe(1024 * 1024);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
  },
  60_000,
);
