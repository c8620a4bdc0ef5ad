import { it } from 'vitest';
import { runSegmentLoop } from './segmentLoop.js';

it(
  'events go to Mixpanel, and the cohort of their users ends in Braze, through a kill, throttling and a revoked key',
  () => runSegmentLoop({ seed: 0, rounds: 5, users: 120 }),
  120_000,
);
