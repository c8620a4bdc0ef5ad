import { it } from 'vitest';
import { redisForTest } from './redis.js';
import { surviveKills } from './surviveKills.js';

const kills = 10;
const redisUrl = redisForTest();

it(
  'kill -9 of api and worker, ten times each, causes no lost, duplicate or invented event (queue in Postgres)',
  () => surviveKills({ kills }),
  180_000,
);

it.runIf(redisUrl)(
  'kill -9 of api and worker, ten times each, causes no lost, duplicate or invented event (queue in Redis)',
  () => surviveKills({ kills, redisUrl }),
  180_000,
);
