import { createLog, createMetrics } from '@currents/core';
import { Agent, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRequestBodies } from '../src/body/requestBodies.js';
import { createServer } from '../src/server.js';

let isStopping = false;
const bodies = createRequestBodies({ maxBytes: 1_000_000 });
const app = createServer({
  log: createLog('api', 'silent'),
  metrics: createMetrics(),
  bodies,
  retryAfterSeconds: 5,
  isStopping: () => isStopping,
  ready: async () => undefined,
});
const agent = new Agent({ keepAlive: true, maxSockets: 1 });
beforeAll(() => app.listen({ host: '127.0.0.1', port: 0 }));
afterAll(async () => {
  agent.destroy();
  await app.close();
  bodies.stop();
});

/** The status and the header `connection` of an answer over the kept-alive connection, and whether that was used before. */
function ask(path: string): Promise<readonly [number | undefined, string | undefined, boolean]> {
  const { port } = app.server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path, agent }, (response) => {
      response
        .resume()
        .once('end', () => resolve([response.statusCode, response.headers.connection, call.reusedSocket]));
    });
    call.once('error', reject).end();
  });
}

it('a process that has been asked to end accepts connections, is not ready, and keeps no connection', async () => {
  expect(await ask('/readyz')).toEqual([200, 'keep-alive', false]);
  expect(await ask('/healthz')).toEqual([200, 'keep-alive', true]);
  isStopping = true;
  expect(await ask('/readyz')).toEqual([503, 'close', true]);
  expect(await ask('/healthz')).toEqual([200, 'close', false]);
  expect(await ask('/healthz')).toEqual([200, 'close', false]);
});
