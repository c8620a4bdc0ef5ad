import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { event, openIngestHarness, type IngestHarness } from './ingestHarness.js';

let api: IngestHarness;
beforeAll(async () => {
  api = await openIngestHarness();
});
afterAll(() => api.close());

describe('operations endpoints', () => {
  it('/healthz answers without a token', async () => {
    const { status, body } = await api.ask('/healthz');
    expect([status, body]).toEqual([200, { status: 'ok' }]);
  });

  it('/readyz answers without a token', async () => {
    const { status, body } = await api.ask('/readyz');
    expect([status, body]).toEqual([200, { status: 'ready' }]);
  });

  it('/metrics answers in the Prometheus format', async () => {
    await api.post({ events: [event(), event(), { id: 'broken' }] });
    await api.post('', { authorization: undefined });
    const { status, headers, text } = await api.ask('/metrics');
    expect([status, headers.get('content-type')]).toEqual([
      200,
      expect.stringMatching(/^text\/plain; version=0\.0\.4/),
    ]);
    expect(text).toMatch(/^currents_ingest_requests_total\{status="200"\} 1$/m);
    expect(text).toMatch(/^currents_ingest_requests_total\{status="401"\} 1$/m);
    expect(text).toMatch(/^currents_events_accepted_total 2$/m);
    expect(text).toMatch(/^currents_events_quarantined_total 1$/m);
  });
});

describe('a path that does not exist', () => {
  it.each([
    ['POST', '/v1/event'],
    ['POST', '/'],
    ['GET', '/v2/events?force=1'],
    ['PUT', '/metric'],
  ])('is answered 404: %s %s', async (method, path) => {
    const { status, body } = await api.ask(path, method, { 'content-type': 'text/xml' });
    expect([status, body?.code, body?.detail]).toEqual([
      404,
      'NOT_FOUND',
      `there is no ${method} ${path.split('?')[0]}`,
    ]);
  });

  it('is answered 400 when it cannot be decoded, and the next request succeeds', async () => {
    const { status, headers, body } = await api.ask('/%');
    expect([status, body?.code, body?.requestId]).toEqual([400, 'BAD_REQUEST', headers.get('x-request-id')]);
    expect((await api.ask('/healthz')).status).toBe(200);
  });
});

describe('a method that a path does not have', () => {
  it.each([
    ['/v1/events?force=1', ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'], 'POST'],
    ['/healthz', ['POST', 'DELETE', 'OPTIONS'], 'GET, HEAD'],
    ['/readyz', ['POST'], 'GET, HEAD'],
    ['/metrics', ['PUT'], 'GET, HEAD'],
  ])('is answered 405 with Allow: %s', async (path, methods, allow) => {
    for (const method of methods) {
      const { status, headers, body } = await api.ask(path, method, { 'content-type': 'text/xml' });
      expect([status, headers.get('allow'), body?.code]).toEqual([405, allow, 'METHOD_NOT_ALLOWED']);
      expect(body?.detail).toBe(`expected ${allow.replace(', ', ' or ')} ${path.split('?')[0]}, got ${method}`);
    }
  });

  it('is answered 405 for HEAD where there is no GET', async () => {
    const { status, headers } = await api.ask('/v1/events', 'HEAD');
    expect([status, headers.get('allow')]).toEqual([405, 'POST']);
  });
});

describe('every answer', () => {
  it('carries an id that is unique, unguessable and not the caller’s', async () => {
    const id = 'x-request-id';
    const answers = [
      await api.post({ events: [event()] }, { [id]: 'mine' }),
      await api.post('no JSON'),
      await api.ask('/healthz'),
      await api.ask('/nothing'),
    ];
    const ids = answers.map(({ headers }) => headers.get(id));
    for (const text of ids)
      expect(text).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(ids).size).toBe(answers.length);
    expect([answers[1]?.body?.requestId, answers[3]?.body?.requestId]).toEqual([ids[1], ids[3]]);
  });

  it.each([
    ['no HTTP at all', 'hello\r\n\r\n', 400, 'BAD_REQUEST'],
    [
      'headers of 20 KB',
      `GET /healthz HTTP/1.1\r\nhost: hub\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`,
      431,
      'HEADERS_TOO_LARGE',
    ],
  ])('is a problem document even for %s', async (_what, sent, status, code) => {
    const received = await sendRaw(sent);
    const [head = '', body = ''] = received.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toContain('content-type: application/problem+json');
    const { requestId, ...problem } = JSON.parse(body);
    expect(problem).toMatchObject({ type: 'about:blank', status, code });
    expect(head).toContain(`x-request-id: ${requestId}`);
  });
});

function sendRaw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(api.url);
    const socket = connect({ host: hostname, port: Number(port) });
    let received = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (received += chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve(received));
    socket.write(text);
  });
}
