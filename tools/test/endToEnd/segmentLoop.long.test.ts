import { it } from 'vitest';
import { runSegmentLoop } from './segmentLoop.js';

it.each(Array.from({ length: 20 }, (_, index) => index + 1))(
  'events go to Mixpanel, and the cohort of their users ends in Braze, through kills, throttling, resets and revoked keys: seed %i',
  (seed) => runSegmentLoop({ seed, rounds: 12, users: 200 }),
  300_000,
);
