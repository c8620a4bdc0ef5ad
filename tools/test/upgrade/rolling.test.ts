import { expect, it } from 'vitest';
import { roll } from './roll.js';

it('12. compatible storage: the last release and this one run side by side under load, in both directions', async () => {
  const { accepted, steps } = await roll({ rounds: 1, eventsPerStep: 200 });
  expect(steps).toBe(8);
  expect(accepted).toBeGreaterThan(1_600);
}, 240_000);
