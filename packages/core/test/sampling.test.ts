import { expect, it } from 'vitest';
import { noChecks, startSampling, type KeyChecks } from '../src/budget/sampling.js';
import { extendWait, openBudgetState, type BudgetState, type BudgetSpec } from '../src/budget/budgetState.js';

const periodMs = 30_000;
/** Takes 30,000 events of a key: 1,500 make it warm, and one of eight counts for all until then. */
const wide: BudgetSpec = { name: 'device', unit: 'events', limit: 30_000, periodMs };
/** Takes 900: 45 make it warm, and every event counts. */
const narrow: BudgetSpec = { ...wide, limit: 900 };

/** What is done about each of some events, in attempts of a size, at one moment. */
function countAll(
  keys: BudgetState,
  devices: readonly string[],
  { attempt = 2_000, nowMs = 1_000_000 } = {},
): { readonly drawn: number; readonly counted: KeyChecks }[] {
  return devices.flatMap((_, from) => {
    if (from % attempt !== 0) return [];
    const count = startSampling([keys], nowMs);
    return devices.slice(from, from + attempt).map((device) => {
      const drawn = count.drawWeight(true);
      return { drawn, counted: drawn > 0 ? count.count([device], drawn, 500, true) : noChecks };
    });
  });
}

const crowd = (size: number): string[] => Array.from({ length: size }, (_, index) => `device ${index}`);
/** One device among others, at every eighth place. */
const among = (others: readonly string[]): string[] =>
  others.flatMap((other, index) => (index % 7 === 0 ? ['hot', other] : [other]));

it('of a crowd far from a wide limit, one of eight is counted, and nothing is to be done', () => {
  const told = countAll(openBudgetState(wide), crowd(40_000));
  expect(told.every(({ counted }) => counted === noChecks)).toBe(true);
  const drawn = told.filter(({ drawn }) => drawn > 0).length;
  // Of 40,000 draws with a chance of an eighth, 5,000 with a deviation of 66.
  expect(drawn).toBeGreaterThan(4_600);
  expect(drawn).toBeLessThan(5_400);
});

it.each([2_000, 25, 1])('a key that comes near a wide limit is asked about in time, in attempts of %d', (attempt) => {
  const devices = among(crowd(40_000));
  const told = countAll(openBudgetState(wide), devices, { attempt });
  const hot = told.filter((_, index) => devices[index] === 'hot').map(({ counted }) => counted.mask === 1);
  // 1,500 make it warm; counted by eights, with a deviation of 105.
  expect(hot.indexOf(true)).toBeGreaterThan(900);
  expect(hot.indexOf(true)).toBeLessThan(2_100);
  expect(hot.slice(hot.indexOf(true) + 100).every(Boolean)).toBe(true);
  expect(told.filter(({ counted }, index) => devices[index] !== 'hot' && counted.mask !== 0)).toEqual([]);
});

it('every event counts where the limit is narrow', () => {
  const told = countAll(
    openBudgetState(narrow),
    Array.from({ length: 60 }, () => 'hot'),
  );
  expect(told.map(({ counted }) => counted.mask)).toEqual(
    Array.from({ length: 60 }, (_, index) => (index < 45 ? 0 : 1)),
  );
});

it('while some wait for a key, all that come for it are asked about, and the others counted one by one', () => {
  const keys = openBudgetState(wide);
  extendWait(keys.queuedUntil, 'waiting', 1_005_000, 1_000_000);
  const devices = crowd(50).flatMap((device) => [device, 'waiting']);
  const told = countAll(keys, devices);
  expect(told.map(({ drawn }) => drawn)).toEqual(devices.map(() => 1));
  expect(told.map(({ counted }) => counted.mask)).toEqual(devices.map((device) => (device === 'waiting' ? 1 : 0)));
  // Sampling resumes once nothing waits.
  expect(countAll(keys, crowd(400), { nowMs: 1_006_000 }).some(({ drawn }) => drawn === 0)).toBe(true);
});

it('once no key has been warm for a period, one of eight is counted again', () => {
  const keys = openBudgetState(wide);
  countAll(
    keys,
    Array.from({ length: 5_000 }, () => 'hot'),
  );
  expect(startSampling([keys], 1_000_000 + periodMs / 2).drawWeight(true)).toBe(1);
  const later = 1_000_000 + 1.5 * periodMs;
  const count = startSampling([keys], later);
  expect(new Set(Array.from({ length: 400 }, () => count.drawWeight(true)))).toEqual(new Set([0, 8]));
});

it('whatever waited already is counted as one, and asked about', () => {
  const count = startSampling([openBudgetState(wide)], 1_000_000);
  expect(Array.from({ length: 100 }, () => count.drawWeight(false))).toEqual(Array.from({ length: 100 }, () => 1));
  expect(count.count(['waited', undefined], 1, 500, false)).toEqual({ keys: ['waited', undefined], mask: 1 });
});

it('a key that concerns no budget costs nothing', () => {
  const count = startSampling([openBudgetState(narrow), openBudgetState(narrow)], 1_000_000);
  expect(count.count([undefined, undefined], 1, 500, false)).toBe(noChecks);
});
