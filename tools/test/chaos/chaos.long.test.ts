import { inject, it } from 'vitest';
import { surviveChaos } from './surviveChaos.js';

it.runIf(inject('redisUrl') !== '')(
  'no event is lost or doubled while parts of a hub fail (queue in Redis)',
  () => surviveChaos(46, 'redis'),
  600_000,
);
