import { expect, it } from 'vitest';
import { shareOf } from '../src/db/workerLeases.js';

it.each([
  [4, 1],
  [4, 2],
  [4, 3],
  [4, 4],
  [10, 3],
  [1, 1],
  [64, 5],
])('a maximum of %d is divided evenly and completely among %d workers', (max, workers) => {
  const shares = Array.from({ length: workers }, (_, index) => shareOf(max, { workers, index }));
  expect(shares.reduce((sum, share) => sum + share, 0)).toBe(max);
  expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
});

it('each worker has a share of at least one, even when there are more workers than shares', () => {
  expect([0, 1, 2].map((index) => shareOf(2, { workers: 3, index }))).toEqual([1, 1, 1]);
});
