import { describe, expect, it } from 'vitest';
import { freshnessOf, type FreshnessState, type Schedule } from '@currents/core';

const minutes = (count: number): number => count * 60_000;
const hours = (count: number): number => minutes(count * 60);
const nowMs = Date.UTC(2026, 0, 31, 12);

describe('how fresh a cohort is', () => {
  it.each<[schedule: Schedule | undefined, agoMs: number | undefined, state: FreshnessState]>([
    [undefined, minutes(1), 'unknown'],
    [undefined, undefined, 'unknown'],
    ['one_time', undefined, 'waiting'],
    ['one_time', hours(10_000), 'fresh'],
    ['dynamic', undefined, 'waiting'],
    ['dynamic', 0, 'fresh'],
    ['dynamic', minutes(15), 'fresh'],
    ['dynamic', minutes(16), 'overdue'],
    ['dynamic', minutes(45), 'overdue'],
    ['dynamic', minutes(46), 'stale'],
    ['hourly', minutes(60), 'fresh'],
    ['hourly', minutes(61), 'overdue'],
    ['hourly', minutes(135), 'overdue'],
    ['hourly', minutes(136), 'stale'],
    ['daily', hours(24), 'fresh'],
    ['daily', hours(25), 'overdue'],
    ['daily', hours(48.25), 'overdue'],
    ['daily', hours(48.5), 'stale'],
  ])('%s, last synced %s ms ago, is %s', (schedule, agoMs, state) => {
    const lastSyncAtMs = agoMs === undefined ? undefined : nowMs - agoMs;
    expect(freshnessOf(schedule, { lastSyncAtMs, knownSinceMs: nowMs, nowMs }).state).toBe(state);
  });

  it('a cohort whose first sync never comes becomes stale too, counted from when it became known', () => {
    const at = (agoMs: number) =>
      freshnessOf('dynamic', { lastSyncAtMs: undefined, knownSinceMs: nowMs - agoMs, nowMs });
    expect(at(minutes(45)).state).toBe('waiting');
    expect(at(minutes(46))).toEqual({ state: 'stale', dueAtMs: nowMs - minutes(31), staleAtMs: nowMs - minutes(1) });
  });
});
