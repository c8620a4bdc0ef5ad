import { it } from 'vitest';
import { surviveWorkerKills } from './hotDeviceScene.js';
import { redisForTest } from './redis.js';

const redisUrl = redisForTest();

it.runIf(redisUrl)(
  'two workers together keep a hot device within its limit, even when they are killed (buckets in Redis)',
  () => surviveWorkerKills(redisUrl),
  150_000,
);
