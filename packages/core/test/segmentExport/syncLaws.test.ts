import { it } from 'vitest';
import { runFaults } from './runFaults.js';

it(
  'the destination ends with exactly the members, and the counts balance, through throttling, refusals and deaths',
  () => runFaults(1, 12),
  90_000,
);
