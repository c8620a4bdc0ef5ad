import { it } from 'vitest';
import { surviveKills } from './surviveKills.js';

it(
  'kill -9 of api and worker, ten times each, causes no lost, duplicate or invented event (queue in Postgres)',
  () => surviveKills(),
  180_000,
);
