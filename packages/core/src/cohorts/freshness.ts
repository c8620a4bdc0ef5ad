import { QuestionRefused } from '../admin/page.js';
import { ofStoredWord } from '../admin/storedWord.js';
import { cohort } from '../db/schema.js';

const schedules = cohort.schedule.enumValues;

/** How often a cohort syncs, as set up at the partner or in the hub. */
export type Schedule = (typeof schedules)[number];

export function checkSchedule(schedule: Schedule): void {
  if (!schedules.includes(schedule))
    throw new QuestionRefused(`schedule: expected ${schedules.join(', ')}, got something else`);
}

/**
 * Whether a cohort syncs as often as its schedule says. `unknown`: no schedule, or one that only a later release
 * knows. `waiting`: the first sync has not arrived. `overdue`: late, within what is usual for partners. `stale`:
 * later than that.
 */
export type FreshnessState = 'unknown' | 'waiting' | 'fresh' | 'overdue' | 'stale';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/**
 * Dynamic: every 15 minutes to a messaging platform, but every 30 through Mixpanel's own webhook (Mixpanel, Cohort Sync,
 * webhooks). Hourly and daily: at any moment of the hour or day (Amplitude, Sync cohorts to destinations), so two runs
 * may lie two periods apart.
 */
export const rhythms: Readonly<
  Record<Exclude<Schedule, 'one_time'>, { readonly everyMs: number; readonly toleranceMs: number }>
> = {
  dynamic: { everyMs: 15 * minuteMs, toleranceMs: 30 * minuteMs },
  hourly: { everyMs: hourMs, toleranceMs: hourMs + 15 * minuteMs },
  daily: { everyMs: 24 * hourMs, toleranceMs: 24 * hourMs + 15 * minuteMs },
};

export interface Freshness {
  readonly state: FreshnessState;
  /** When the next sync is due, and when the cohort becomes stale without it; undefined if none is expected. */
  readonly dueAt?: Date;
  readonly staleAt?: Date;
}

/** Pure. A cohort that has not synced is expected since the hub first received it. */
export function freshnessOf({
  schedule,
  lastSyncAt,
  createdAt,
  now,
}: Pick<typeof cohort.$inferSelect, 'schedule' | 'lastSyncAt' | 'createdAt'> & { readonly now: Date }): Freshness {
  if (schedule === null) return { state: 'unknown' };
  if (schedule === 'one_time') return { state: lastSyncAt ? 'fresh' : 'waiting' };
  const rhythm = ofStoredWord(rhythms, schedule);
  if (!rhythm) return { state: 'unknown' };
  const { everyMs, toleranceMs } = rhythm;
  const dueAt = new Date((lastSyncAt ?? createdAt).getTime() + everyMs);
  const staleAt = new Date(dueAt.getTime() + toleranceMs);
  if (now > staleAt) return { state: 'stale', dueAt, staleAt };
  if (!lastSyncAt) return { state: 'waiting', dueAt, staleAt };
  return { state: now > dueAt ? 'overdue' : 'fresh', dueAt, staleAt };
}
