import { describe, expect, it } from 'vitest';
import { freshnessOf, type FreshnessState, type Schedule } from '@currents/core';

const minutes = (count: number): number => count * 60_000;
const hours = (count: number): number => minutes(count * 60);
const at = (agoMs: number): Date => new Date(Date.UTC(2026, 0, 31, 12) - agoMs);

describe('the freshness of a cohort', () => {
  it.each<[schedule: Schedule | null, agoMs: number | undefined, state: FreshnessState]>([
    [null, minutes(1), 'unknown'],
    [null, undefined, 'unknown'],
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
  ])('with schedule %s and a last sync %s ms ago is %s', (schedule, agoMs, state) => {
    const lastSyncAt = agoMs === undefined ? null : at(agoMs);
    expect(freshnessOf({ schedule, lastSyncAt, createdAt: at(0), now: at(0) }).state).toBe(state);
  });

  it('is counted from the creation of the cohort until its first sync', () => {
    const knownFor = (agoMs: number) =>
      freshnessOf({ schedule: 'dynamic', lastSyncAt: null, createdAt: at(agoMs), now: at(0) });
    expect(knownFor(minutes(45)).state).toBe('waiting');
    expect(knownFor(minutes(46))).toEqual({ state: 'stale', dueAt: at(minutes(31)), staleAt: at(minutes(1)) });
  });
});
