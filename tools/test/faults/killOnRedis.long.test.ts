import { it } from 'vitest';
import { redisForTest } from './redis.js';
import { surviveKills } from './surviveKills.js';

const redisUrl = redisForTest();

it.runIf(redisUrl)(
  'kill -9 of api and worker, ten times each, causes no lost, duplicate or invented event (queue in Redis)',
  () => surviveKills(redisUrl),
  180_000,
);
