import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { startRedis } from '../../src/services/redis.js';
import { openLine } from './line.js';
import { redisForTest } from './redis.js';

it.runIf(redisForTest())(
  'a Redis that goes away under load stops nothing, and keeps nobody from ending',
  async () => {
    const redis = await startRedis();
    if (redis === undefined)
      throw new Error(
        'expected the redis-server of this machine; REDIS_URL alone does not do, for it must not be stopped',
      );
    const line = await openLine({ workers: 2, redisUrl: redis.url, environment: { REQUEST_TIMEOUT_SECONDS: '20' } });
    try {
      const load = line.startLoad();
      await wait(1_500);
      await redis.stop();
      await wait(3_000);
      const sent = await load.stop();
      await line.expectAllThere(sent, 20_000);
      expect(sent.troubles).toEqual({});
      const ends = await Promise.all([line.api, ...line.workers].map((slot) => slot.stop()));
      expect(ends).toEqual(['exit code 0', 'exit code 0', 'exit code 0']);
    } finally {
      await line.stop();
      await redis.stop();
    }
  },
  90_000,
);
