import { expect, it } from 'vitest';
import { createDecayedCounter } from '../src/budget/decayedCounter.js';
import { createHotKeySketch } from '../src/budget/hotKeySketch.js';

const hour = 3_600_000;
const quota = { limit: 500_000, periodMs: 24 * hour };
const turnMs = 15_000;

/** The keys of a budget that takes 30,000 in 30 s, on a clock that is moved by hand. */
function openKeys() {
  const watch = createDecayedCounter(quota);
  const warm = createHotKeySketch(30_000 * 0.05, 2 * turnMs, watch);
  let nowMs = 1_750_000_000_000;
  return {
    watch,
    add: (key: string, count: number) => Array.from({ length: count }, () => warm.add(key, 1, nowMs)).some(Boolean),
    pass: (ms: number) => void (nowMs += ms),
  };
}

it('a key that is never fast, and uses up a day’s quota all the same, is watched within two hours', () => {
  const { watch, add, pass } = openKeys();
  // 6 events a second: 518,400 a day, and far below what makes a key warm.
  for (let turn = 0; turn < (2 * hour) / turnMs; turn++) {
    expect(add('steady', 90)).toBe(false);
    add(`other ${turn}`, 20);
    pass(turnMs);
  }
  expect(watch.isWatched('steady')).toBe(true);
  expect(watch.isWatched('other 3')).toBe(false);
  // Watched it is cold all the same, and costs no call to the shared marks.
  expect(add('steady', 90)).toBe(false);
  expect(add('steady', 3_000)).toBe(true);
});

it('a crowd of which nobody comes near a quota is not watched, however large it is', () => {
  const { watch, add, pass } = openKeys();
  for (let turn = 0; turn < 8; turn++) {
    for (let key = 0; key < 100_000; key++) add(`one of many ${key}`, 1);
    pass(turnMs);
  }
  expect(watch.isWatching()).toBe(false);
});

it('of a key that calms down nothing is remembered after some days', () => {
  const { watch, add, pass } = openKeys();
  add('busy', 40_000);
  pass(turnMs);
  add('busy', 1);
  expect(watch.isWatched('busy')).toBe(true);
  pass(4 * 24 * hour);
  for (let turn = 0; turn < 3; turn++) {
    add('busy', 1);
    pass(turnMs);
  }
  expect(watch.isWatching()).toBe(false);
});

it('what is counted is told once', () => {
  const { watch } = openKeys();
  watch.count('busy', 2);
  watch.count('busy', 3);
  expect(watch.takeUsage()).toEqual([{ key: 'busy', used: 5 }]);
  expect(watch.takeUsage()).toEqual([]);
});
