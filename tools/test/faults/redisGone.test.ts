import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startRedis } from '../../src/services/redis.js';
import { openFaultHarness } from './faultHarness.js';
import { redisForTest } from './redis.js';

it.runIf(redisForTest())(
  'a Redis that stops under load stops no delivery, and no process from ending',
  async () => {
    const redis = await startRedis();
    if (redis === undefined)
      throw new Error('expected a redis-server on this machine; the server of REDIS_URL must not be stopped');
    const harness = await openFaultHarness({
      workers: 2,
      redisUrl: redis.url,
      environment: { REQUEST_TIMEOUT_SECONDS: '20' },
    });
    try {
      const load = harness.startLoad();
      await wait(1_500);
      await redis.stop();
      await wait(3_000);
      const sent = await load.stop();
      await harness.expectAllThere(sent, 20_000);
      expect(sent.troubles).toEqual({});
      const ends = await Promise.all([harness.api, ...harness.workers].map((slot) => slot.stop()));
      expect(ends).toEqual(['exit code 0', 'exit code 0', 'exit code 0']);
    } finally {
      await harness.stop();
      await redis.stop();
    }
  },
  90_000,
);
