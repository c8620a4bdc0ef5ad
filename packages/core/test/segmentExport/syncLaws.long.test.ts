import { it } from 'vitest';
import { runFaults } from './runFaults.js';

it.each(Array.from({ length: 20 }, (_, index) => index + 1))(
  'the destination ends with exactly the members, and the counts balance, through throttling, refusals and deaths: seed %i',
  (seed) => runFaults(seed, 40),
  300_000,
);
