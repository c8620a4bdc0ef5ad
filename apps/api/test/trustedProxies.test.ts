import { createLog, createMetrics } from '@currents/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRequestBodies } from '../src/body/requestBodies.js';
import { createServer } from '../src/server.js';
import { readTrustedProxies } from '../src/trustedProxies.js';

describe('the list of trusted proxies', () => {
  const trusted = readTrustedProxies('10.0.0.1, 192.168.0.0/16,fd00::/8');

  it.each(['10.0.0.1', '::ffff:10.0.0.1', '192.168.255.1', 'fd12::1', 'fd12::1%eth0'])('has %s', (address) => {
    expect(trusted?.(address)).toBe(true);
  });

  it.each(['10.0.0.2', '192.169.0.1', 'fe80::1', '', 'unknown'])('has not %o', (address) => {
    expect(trusted?.(address)).toBe(false);
  });

  it.each(['proxy.example.com', '10.0.0.0/33', '10.0.0.1/', '10.0.0.1/8/8', '10.0.0.1/-1', 'fd00::/129', '10.0.0'])(
    'is refused with %s in it',
    (entry) => expect(readTrustedProxies(`10.0.0.1,${entry}`)).toBeUndefined(),
  );
});

describe.each([
  { proxies: undefined, forwarded: '203.0.113.7', remote: '127.0.0.1', caller: '127.0.0.1' },
  { proxies: '127.0.0.1', forwarded: '203.0.113.7', remote: '127.0.0.1', caller: '203.0.113.7' },
  { proxies: '127.0.0.1', forwarded: '198.51.100.9, 203.0.113.7', remote: '127.0.0.1', caller: '203.0.113.7' },
  { proxies: '127.0.0.1', forwarded: '203.0.113.7', remote: '198.51.100.9', caller: '198.51.100.9' },
])('with TRUSTED_PROXIES=$proxies, a request from $remote for $forwarded', ({ proxies, forwarded, remote, caller }) => {
  const bodies = createRequestBodies({ maxBytes: 1_000_000 });
  const app = createServer({
    log: createLog('api', 'silent'),
    metrics: createMetrics(),
    bodies,
    retryAfterSeconds: 5,
    trustedProxies: proxies === undefined ? undefined : readTrustedProxies(proxies),
    isStopping: () => false,
    ready: async () => undefined,
  });
  app.get('/caller', (request) => ({ ip: request.ip }));
  beforeAll(() => app.ready());
  afterAll(async () => {
    await app.close();
    bodies.stop();
  });

  it(`comes from ${caller}`, async () => {
    const answer = await app.inject({
      path: '/caller',
      headers: { 'x-forwarded-for': forwarded },
      remoteAddress: remote,
    });
    expect(answer.json()).toEqual({ ip: caller });
  });
});
