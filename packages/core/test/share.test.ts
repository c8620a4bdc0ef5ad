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
])('workers share %d among %d, and nothing is left over', (max, workers) => {
  const shares = Array.from({ length: workers }, (_, index) => shareOf(max, { workers, index }));
  expect(shares.reduce((sum, share) => sum + share, 0)).toBe(max);
  expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
});

it('each of more workers than there are shares has one all the same', () => {
  expect([0, 1, 2].map((index) => shareOf(2, { workers: 3, index }))).toEqual([1, 1, 1]);
});
