import { it } from 'vitest';
import { surviveKills } from './surviveKills.js';

it(
  'kill -9 of api and worker, four times each, causes no lost, duplicate or invented event (queue in Postgres)',
  () => surviveKills({ kills: 4 }),
  180_000,
);
