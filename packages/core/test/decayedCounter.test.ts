import { expect, it } from 'vitest';
import { createDecayedCounter } from '../src/budget/decayedCounter.js';
import { createHotKeySketch } from '../src/budget/hotKeySketch.js';

const hour = 3_600_000;
const quota = { limit: 500_000, periodMs: 24 * hour };
const turnMs = 15_000;

/** The keys of a budget of 30,000 events in 30 s, on a simulated clock. */
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

it('a slow key that will use up its daily quota is tracked within two hours', () => {
  const { watch, add, pass } = openKeys();
  // 6 events a second: 518,400 a day, and far below the rate of a hot key.
  for (let turn = 0; turn < (2 * hour) / turnMs; turn++) {
    expect(add('steady', 90)).toBe(false);
    add(`other ${turn}`, 20);
    pass(turnMs);
  }
  expect(watch.isWatched('steady')).toBe(true);
  expect(watch.isWatched('other 3')).toBe(false);
  // A tracked key is still not hot, and costs no call to the shared buckets.
  expect(add('steady', 90)).toBe(false);
  expect(add('steady', 3_000)).toBe(true);
});

it('keys far below the quota are not tracked, however many there are', () => {
  const { watch, add, pass } = openKeys();
  for (let turn = 0; turn < 8; turn++) {
    for (let key = 0; key < 100_000; key++) add(`one of many ${key}`, 1);
    pass(turnMs);
  }
  expect(watch.isWatching()).toBe(false);
});

it('a key that becomes slow is removed after some days', () => {
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

it('takeUsage returns each count once', () => {
  const { watch } = openKeys();
  watch.count('busy', 2);
  watch.count('busy', 3);
  expect(watch.takeUsage()).toEqual([{ key: 'busy', used: 5 }]);
  expect(watch.takeUsage()).toEqual([]);
});

it('a sketch grows with its keys, and forgets none of their counts', () => {
  const { watch, add, pass } = openKeys();
  add('slow', 1_400);
  // So many keys that it grows to its full size.
  for (let key = 0; key < 40_000; key++) add(`one of many ${key}`, 1);
  expect(add('slow', 101)).toBe(true);
  pass(turnMs);
  expect(add('slow', 1)).toBe(true);
  expect(watch.isWatching()).toBe(false);
});

it('what is tracked stays tracked when the sketch grows, and when it shrinks again after a pause', () => {
  const { watch, add, pass } = openKeys();
  add('busy', 40_000);
  pass(turnMs);
  for (let key = 0; key < 40_000; key++) add(`one of many ${key}`, 1);
  pass(turnMs);
  add('busy', 1);
  expect(watch.isWatched('busy')).toBe(true);
  pass(10 * turnMs);
  add('busy', 1);
  expect(watch.isWatched('busy')).toBe(true);
  expect(watch.isWatched('one of many 7')).toBe(false);
});
