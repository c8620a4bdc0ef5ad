import { it } from 'vitest';
import { surviveKills } from './surviveKills.js';

it(
  'kill -9 of api and worker, ten times each, loses, doubles and makes up nothing (the queue in Postgres)',
  () => surviveKills(),
  180_000,
);
