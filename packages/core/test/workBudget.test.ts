import { expect, it } from 'vitest';
import { createWorkBudget } from '../src/worker/workBudget.js';

it('work waits for its turn in order of arrival, and holds no turn while it waits for a partner', async () => {
  const budget = createWorkBudget({ events: 1_000, bytes: 1_000, claims: 2 });
  const begun: number[] = [];
  const begin = async (name: number) => {
    const work = await budget.begin(10);
    begun.push(name);
    return work;
  };
  const works = [1, 2, 3, 4].map(begin);
  const first = await works[0];
  await works[1];
  expect(begun).toEqual([1, 2]);
  first?.endTurn();
  await works[2];
  first?.end();
  first?.end();
  expect(begun).toEqual([1, 2, 3]);
  (await works[1])?.end();
  await works[3];
  expect(begun).toEqual([1, 2, 3, 4]);
});

it('however much some hold, others may always claim a little, and all together hold a bounded number of events', async () => {
  const budget = createWorkBudget({ events: 60_000, bytes: 1_000_000, claims: 10_000 });
  let held = 0;
  let least = Infinity;
  for (let partner = 0; partner < 1_000; partner++) {
    const { maxEvents, endTurn, holds } = await budget.begin(4_000);
    holds(maxEvents, 0);
    endTurn();
    held += maxEvents;
    least = Math.min(least, maxEvents);
  }
  expect(least).toBe(25);
  expect(held).toBeLessThan(60_000 + 1_000 * 25);
});

it('what is not claimed is free again, and so is what has ended', async () => {
  const budget = createWorkBudget({ events: 400, bytes: 1_000, claims: 5 });
  const work = await budget.begin(1_000);
  expect(work.maxEvents).toBe(100);
  work.holds(0, 0);
  const next = await budget.begin(1_000);
  expect(next.maxEvents).toBe(100);
  next.end();
  expect((await budget.begin(1_000)).maxEvents).toBe(100);
});

it('large events leave room for small claims only', async () => {
  const budget = createWorkBudget({ events: 4_000, bytes: 1_000, claims: 5 });
  const work = await budget.begin(100);
  work.holds(100, 1_000);
  expect((await budget.begin(1_000)).maxEvents).toBe(25);
  work.end();
  expect((await budget.begin(1_000)).maxEvents).toBeGreaterThan(900);
});
