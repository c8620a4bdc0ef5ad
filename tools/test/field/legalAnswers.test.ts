import type { Socket } from 'node:net';
import { createHttp } from '@currents/core';
import { afterEach, describe, expect, it } from 'vitest';
import { startRawServer, type RawServer } from './rawServer.js';

const http = createHttp({ timeoutMs: 5_000, connections: 1, allowPrivateAddresses: true });
let server: RawServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** What a server sends, in pieces that arrive one by one; then whether it closes the connection. */
interface Case {
  readonly pieces: readonly string[];
  readonly closes?: boolean;
  readonly expected: { readonly status: number; readonly body: string; readonly headers?: object };
}
const good = { status: 200, body: 'ok' };

const cases: Readonly<Record<string, Case>> = {
  'an ordinary answer': { pieces: [ok], expected: good },
  '100 Continue unasked': { pieces: ['HTTP/1.1 100 Continue\r\n\r\n', ok], expected: good },
  '100 Continue and the answer in one packet': { pieces: [`HTTP/1.1 100 Continue\r\n\r\n${ok}`], expected: good },
  '100 Continue twice, with headers': {
    pieces: ['HTTP/1.1 100 Continue\r\nServer: x\r\nDate: y\r\n\r\nHTTP/1.1 100\r\n\r\n', ok],
    expected: good,
  },
  '100 Continue byte by byte': { pieces: [...`HTTP/1.1 100 Continue\r\n\r\n${ok}`], expected: good },
  '100 Continue of HTTP/1.0': { pieces: ['HTTP/1.0 100 Continue\r\n\r\n', ok], expected: good },
  '102 Processing': { pieces: ['HTTP/1.1 102 Processing\r\n\r\n', ok], expected: good },
  '103 Early Hints': { pieces: ['HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n', ok], expected: good },
  '100 Continue and 103 Early Hints': {
    pieces: ['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n', ok],
    expected: good,
  },
  'a body that looks like 100 Continue': {
    pieces: ['HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n', 'HTTP/1.1 100 Continue\r\n\r\n'],
    expected: { status: 200, body: 'HTTP/1.1 100 Continue\r\n\r\n' },
  },
  'no reason phrase': { pieces: ['HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nok'], expected: good },
  'no blank after the status': { pieces: ['HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok'], expected: good },
  'a reason phrase in UTF-8': { pieces: ['HTTP/1.1 200 Très bien\r\nContent-Length: 2\r\n\r\nok'], expected: good },
  'an unknown status': {
    pieces: ['HTTP/1.1 299 Whatever\r\nContent-Length: 2\r\n\r\nok'],
    expected: { status: 299, body: 'ok' },
  },
  'header names in lower case': {
    pieces: ['HTTP/1.1 429 x\r\ncontent-length: 2\r\nretry-after: 7\r\n\r\nok'],
    expected: { status: 429, body: 'ok', headers: { 'retry-after': '7' } },
  },
  'header names in capitals, without and with blanks before the value': {
    pieces: ['HTTP/1.1 429 x\r\nCONTENT-LENGTH:2\r\nRETRY-AFTER: \t 7 \t\r\n\r\nok'],
    expected: { status: 429, body: 'ok', headers: { 'retry-after': '7' } },
  },
  'a header without a value': {
    pieces: ['HTTP/1.1 200 OK\r\nX-Empty:\r\nContent-Length: 2\r\n\r\nok'],
    expected: good,
  },
  'headers in Latin-1': {
    pieces: ['HTTP/1.1 200 OK\r\nX-Name: caf\xe9\r\nContent-Length: 2\r\n\r\nok'],
    expected: good,
  },
  chunks: {
    pieces: ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '1\r\no\r\n', '1\r\nk\r\n', '0\r\n\r\n'],
    expected: good,
  },
  'chunk extensions': {
    pieces: [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
      '2;name=value;other="x"\r\nok\r\n',
      '0;last\r\n\r\n',
    ],
    expected: good,
  },
  'chunk sizes with leading zeros and capitals': {
    pieces: [`HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n000A\r\n0123456789\r\n0\r\n\r\n`],
    expected: { status: 200, body: '0123456789' },
  },
  trailers: {
    pieces: [
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n',
      '2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n',
    ],
    expected: good,
  },
  '204 without a length': { pieces: ['HTTP/1.1 204 No Content\r\n\r\n'], expected: { status: 204, body: '' } },
  '204 with the length 0': {
    pieces: ['HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n'],
    expected: { status: 204, body: '' },
  },
  '204 with the length of a body that does not follow': {
    pieces: ['HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n'],
    expected: { status: 204, body: '' },
  },
  '304 with the length of what did not change': {
    pieces: ['HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n'],
    expected: { status: 304, body: '' },
  },
  'a body that ends with the connection': {
    pieces: ['HTTP/1.1 200 OK\r\n\r\n', 'o', 'k'],
    closes: true,
    expected: good,
  },
  'HTTP/1.0': { pieces: ['HTTP/1.0 200 OK\r\n\r\nok'], closes: true, expected: good },
  'Connection: close': {
    pieces: ['HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
    closes: true,
    expected: good,
  },
  'Connection: Close without a length': {
    pieces: ['HTTP/1.1 200 OK\r\nConnection: Close\r\n\r\nok'],
    closes: true,
    expected: good,
  },
  'several cookies': {
    pieces: ['HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\nok'],
    expected: { ...good, headers: { 'set-cookie': 'a=1, b=2' } },
  },
};

/** Each piece in a packet of its own: the next one follows when the last one has left. */
async function sendPieces(socket: Socket, { pieces, closes }: Case): Promise<void> {
  socket.setNoDelay(true);
  for (const piece of pieces) {
    await new Promise<void>((resolve) => socket.write(piece, 'latin1', () => resolve()));
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  if (closes) socket.end();
}

describe.each(Object.entries(cases))('%s', (_name, example) => {
  it('is read, and so is the answer after it', async () => {
    server = await startRawServer((socket) => void sendPieces(socket, example));
    const request = { method: 'POST', url: server.url, body: 'x'.repeat(1_000) } as const;
    const { headers = {}, ...expected } = example.expected;
    const wanted = { ...expected, headers: expect.objectContaining(headers) };
    expect(await http.request(request)).toEqual(wanted);
    expect(await http.request(request)).toEqual(wanted);
  });

  it('is streamed', async () => {
    server = await startRawServer((socket) => void sendPieces(socket, example));
    const pieces: Uint8Array[] = [];
    const answer = await http.stream({ method: 'GET', url: server.url }, (piece) => void pieces.push(piece));
    expect(answer.status).toBe(example.expected.status);
    const isStreamed = answer.status >= 200 && answer.status < 300;
    expect(isStreamed ? Buffer.concat(pieces).toString() : 'body' in answer && answer.body).toBe(example.expected.body);
  });
});

it('100 Continue keeps the connection', async () => {
  server = await startRawServer((socket) => socket.write(`HTTP/1.1 100 Continue\r\n\r\n${ok}`));
  for (let round = 0; round < 3; round++)
    expect(await http.request({ method: 'POST', url: server.url, body: '{}' })).toMatchObject(good);
  expect(server.connections()).toBe(1);
});

const longBody = 'x'.repeat(8 * 1024 * 1024);
it.each<[string, (socket: Socket) => void]>([
  ['and reads the rest', (socket) => void socket.write('HTTP/1.1 413 x\r\nContent-Length: 2\r\n\r\nno')],
  [
    'and says that it closes',
    (socket) => void socket.end('HTTP/1.1 413 x\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno'),
  ],
  [
    'and stops reading',
    (socket) => {
      socket.pause();
      socket.end('HTTP/1.1 413 x\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno');
    },
  ],
])('an answer that comes while the body is being sent is read: the server answers %s', async (_how, serve) => {
  server = await startRawServer(serve);
  expect(await http.request({ method: 'POST', url: server.url, body: longBody })).toMatchObject({
    status: 413,
    body: 'no',
  });
  // The next request is not written after the rest of the last body.
  expect(await http.request({ method: 'POST', url: server.url, body: 'short' })).toMatchObject({ status: 413 });
});
