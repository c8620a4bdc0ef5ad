import { expect, it } from 'vitest';
import { noChecks, startSampling, type KeyChecks } from '../src/budget/sampling.js';
import { extendWait, openBudgetState, type BudgetState, type BudgetSpec } from '../src/budget/budgetState.js';

const periodMs = 30_000;
/** Allows 30,000 events of a key: a key is hot from 1,500 on; until then one event in eight is sampled. */
const wide: BudgetSpec = { name: 'device', unit: 'events', limit: 30_000, periodMs };
/** Allows 900: a key is hot from 45 on, and every event is counted. */
const narrow: BudgetSpec = { ...wide, limit: 900 };

/** The drawn weight and the checks of each event, in attempts of this size, at one time. */
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

it('one event in eight is counted, and none is checked, while all keys are far below a high limit', () => {
  const results = countAll(openBudgetState(wide), crowd(40_000));
  expect(results.every(({ counted }) => counted === noChecks)).toBe(true);
  const drawn = results.filter(({ drawn }) => drawn > 0).length;
  // 40,000 draws with probability 1/8: mean 5,000, standard deviation 66.
  expect(drawn).toBeGreaterThan(4_600);
  expect(drawn).toBeLessThan(5_400);
});

it.each([2_000, 25, 1])('a key near a high limit is checked in time, in attempts of %d', (attempt) => {
  const devices = among(crowd(40_000));
  const results = countAll(openBudgetState(wide), devices, { attempt });
  const hot = results.filter((_, index) => devices[index] === 'hot').map(({ counted }) => counted.mask === 1);
  // Hot from 1,500 on; sampled one in eight, with a standard deviation of 105.
  expect(hot.indexOf(true)).toBeGreaterThan(900);
  expect(hot.indexOf(true)).toBeLessThan(2_100);
  expect(hot.slice(hot.indexOf(true) + 100).every(Boolean)).toBe(true);
  // As the sketch grows, each slot that is made of the hot key's gets its count: 64 of 65,536.
  const checked = results.filter(({ counted }, index) => devices[index] !== 'hot' && counted.mask !== 0);
  expect(checked.length).toBeLessThan(devices.length / 1_000);
});

it('every event is counted when the limit is low', () => {
  const results = countAll(
    openBudgetState(narrow),
    Array.from({ length: 60 }, () => 'hot'),
  );
  expect(results.map(({ counted }) => counted.mask)).toEqual(
    Array.from({ length: 60 }, (_, index) => (index < 45 ? 0 : 1)),
  );
});

it('while events wait for a key, all its new events are checked, and those of other keys counted one by one', () => {
  const keys = openBudgetState(wide);
  extendWait(keys.queuedUntil, 'waiting', 1_005_000, 1_000_000);
  const devices = crowd(50).flatMap((device) => [device, 'waiting']);
  const results = countAll(keys, devices);
  expect(results.map(({ drawn }) => drawn)).toEqual(devices.map(() => 1));
  expect(results.map(({ counted }) => counted.mask)).toEqual(devices.map((device) => (device === 'waiting' ? 1 : 0)));
  // Sampling resumes once no event waits.
  expect(countAll(keys, crowd(400), { nowMs: 1_006_000 }).some(({ drawn }) => drawn === 0)).toBe(true);
});

it('sampling resumes after a period without a hot key', () => {
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

it('an event that has waited is counted with weight 1 and checked', () => {
  const count = startSampling([openBudgetState(wide)], 1_000_000);
  expect(Array.from({ length: 100 }, () => count.drawWeight(false))).toEqual(Array.from({ length: 100 }, () => 1));
  expect(count.count(['waited', undefined], 1, 500, false)).toEqual({ keys: ['waited', undefined], mask: 1 });
});

it('an event without a key is neither counted nor checked', () => {
  const count = startSampling([openBudgetState(narrow), openBudgetState(narrow)], 1_000_000);
  expect(count.count([undefined, undefined], 1, 500, false)).toBe(noChecks);
});
