import { STATUS_CODES, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMetrics } from '@currents/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer } from '../src/server.js';

const metrics = createMetrics();
const logged: object[] = [];
let isReady = true;
let server: Server;
beforeAll(async () => {
  server = createServer({
    isStopping: () => false,
    log: { error: (fields) => void logged.push(fields) },
    metrics,
    ready: () => (isReady ? Promise.resolve() : Promise.reject(new Error('CANARY'))),
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

async function ask(path: string, method = 'GET') {
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { method });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** The answer's problem document, whose constant members and request id have been checked. */
async function askForProblem(path: string, method?: string): Promise<Record<string, unknown>> {
  const { status, headers, text } = await ask(path, method);
  expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const { type, title, requestId, ...problem } = JSON.parse(text);
  expect([type, title, problem.status]).toEqual(['about:blank', STATUS_CODES[status], status]);
  expect(requestId).toBe(headers.get('x-request-id'));
  return problem;
}

describe('a worker’s HTTP server', () => {
  it('answers /healthz', async () => {
    const { status, headers, text } = await ask('/healthz');
    expect([status, headers.get('content-type'), text]).toEqual([200, 'application/json', '{"status":"ok"}']);
  });

  it('answers /readyz with 503, and nothing of the error, while its database is away', async () => {
    expect((await ask('/readyz?verbose=1')).text).toBe('{"status":"ready"}');
    isReady = false;
    expect(await askForProblem('/readyz')).toEqual({
      status: 503,
      code: 'UNAVAILABLE',
      detail: 'the database does not answer',
    });
    expect((await ask('/healthz')).status).toBe(200);
  });

  it('answers /metrics in the Prometheus format', async () => {
    metrics.attempted(7, { delivered: 5, skipped: 1, rejected: 2, expired: 0, pending: 3 }, 120);
    metrics.delivered(7, 30, 40);
    metrics.delivered(7, 2, 4_000_000);
    metrics.partnerResponded(7, 503);
    metrics.partnerResponded(7, 'timeout');
    metrics.swept(2);
    const { status, headers, text } = await ask('/metrics');
    expect([status, headers.get('content-type')]).toEqual([
      200,
      expect.stringMatching(/^text\/plain; version=0\.0\.4/),
    ]);
    const lines = text.split('\n');
    for (const line of [
      'currents_event_outcomes_total{current="7",outcome="delivered"} 5',
      'currents_event_outcomes_total{current="7",outcome="skipped"} 1',
      'currents_event_outcomes_total{current="7",outcome="rejected"} 2',
      'currents_attempt_duration_seconds_count{current="7"} 1',
      'currents_delivery_latency_seconds_bucket{le="0.025",current="7"} 0',
      'currents_delivery_latency_seconds_bucket{le="0.05",current="7"} 30',
      'currents_delivery_latency_seconds_bucket{le="3600",current="7"} 30',
      'currents_delivery_latency_seconds_bucket{le="+Inf",current="7"} 32',
      'currents_delivery_latency_seconds_sum{current="7"} 8001.2',
      'currents_delivery_latency_seconds_count{current="7"} 32',
      'currents_partner_responses_total{current="7",status="503"} 1',
      'currents_partner_responses_total{current="7",status="timeout"} 1',
      'currents_overdue_currents 2',
    ]) {
      expect(lines).toContain(line);
    }
    expect(text).not.toContain('outcome="expired"');
  });

  it('answers an unknown path with 404', async () => {
    for (const path of ['/v1/events', '/constructor'])
      expect(await askForProblem(path)).toEqual({
        status: 404,
        code: 'NOT_FOUND',
        detail: 'a worker answers /healthz, /readyz and /metrics',
      });
  });

  it('answers another method with 405 and Allow', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      expect((await ask(path, 'POST')).headers.get('allow')).toBe('GET, HEAD');
      expect(await askForProblem(path, 'DELETE')).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' });
    }
    expect((await ask('/healthz', 'HEAD')).status).toBe(200);
  });

  it('answers its own failure with 500, and logs the reason under the id that it answers', async () => {
    const failing = new Error('CANARY');
    metrics.registry.registerMetric({ name: 'currents_failing', get: () => Promise.reject(failing) } as never);
    const { headers, text } = await ask('/metrics');
    metrics.registry.removeSingleMetric('currents_failing');
    expect(JSON.parse(text)).toMatchObject({ status: 500, code: 'INTERNAL_SERVER_ERROR' });
    expect(text).not.toContain('CANARY');
    expect(logged).toEqual([
      { event: 'request.failed', requestId: headers.get('x-request-id'), url: '/metrics', err: failing },
    ]);
  });
});
