import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createMetrics } from '@currents/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer } from '../src/server.js';

const metrics = createMetrics();
let isReady = true;
let server: Server;
beforeAll(async () => {
  server = createServer({ metrics, ready: () => (isReady ? Promise.resolve() : Promise.reject(new Error('CANARY'))) });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

async function ask(path: string): Promise<readonly [status: number, type: string | null, body: string]> {
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
  return [response.status, response.headers.get('content-type'), await response.text()];
}

describe('an operator asks a worker', () => {
  it('whether it lives', async () => {
    expect(await ask('/healthz')).toEqual([200, 'application/json', '{"status":"ok"}']);
  });

  it('whether it can work, and is told when its database is away, and nothing of the error', async () => {
    expect(await ask('/readyz?verbose=1')).toEqual([200, 'application/json', '{"status":"ready"}']);
    isReady = false;
    expect(await ask('/readyz')).toEqual([
      503,
      'application/json',
      '{"status":"not ready","detail":"the database does not answer"}',
    ]);
    expect((await ask('/healthz'))[0]).toBe(200);
  });

  it('how it is doing, in the words of Prometheus', async () => {
    metrics.attempted(7, { delivered: 5, skipped: 1, rejected: 2, expired: 0, pending: 3 }, 120);
    metrics.delivered(7, 5, 40);
    metrics.swept(2);
    const [status, type, text] = await ask('/metrics');
    expect([status, type]).toEqual([200, expect.stringMatching(/^text\/plain; version=0\.0\.4/)]);
    const lines = text.split('\n');
    for (const line of [
      'currents_outcomes_total{current="7",outcome="delivered"} 5',
      'currents_outcomes_total{current="7",outcome="skipped"} 1',
      'currents_outcomes_total{current="7",outcome="rejected"} 2',
      'currents_attempt_seconds_count{current="7"} 1',
      'currents_delivered_seconds_count{current="7"} 1',
      'currents_overdue 2',
    ]) {
      expect(lines).toContain(line);
    }
    expect(text).not.toContain('outcome="expired"');
  });

  it('for anything else, and is told what there is', async () => {
    const [status, , body] = await ask('/v1/events');
    expect(status).toBe(404);
    expect(JSON.parse(body)).toEqual({
      error: { code: 'not_found', detail: 'a worker answers /healthz, /readyz and /metrics' },
    });
  });
});
