import { expect, it } from 'vitest';
import { startRedis } from '../../src/services/redis.js';
import { openScene, refusals, surviveWorkerKills } from './hotDeviceScene.js';
import { redisForTest } from './redis.js';

it(
  'two workers together keep a hot device within its limit, even when they are killed (buckets in Postgres)',
  () => surviveWorkerKills(),
  150_000,
);

it.runIf(redisForTest())(
  'without Redis, other devices are delivered, and the hot device waits as Amplitude requests',
  async () => {
    const redis = await startRedis();
    if (redis === undefined)
      throw new Error('expected a redis-server on this machine; the server of REDIS_URL must not be stopped');
    try {
      const scene = await openScene(redis.url);
      try {
        await scene.untilThere(await scene.post(8));
        await redis.stop();
        for (let more = 0; more < 4; more++) await scene.untilThere(await scene.post(4));
        expect(refusals(scene)).toBeLessThan(10);
        await scene.drain();
      } finally {
        await scene.stop();
      }
    } finally {
      await redis.stop();
    }
  },
  150_000,
);
