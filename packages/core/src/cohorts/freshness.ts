/** How often a cohort syncs, as set up at the partner or in the hub. */
export type Schedule = 'one_time' | 'dynamic' | 'hourly' | 'daily';

export const schedules: readonly Schedule[] = ['one_time', 'dynamic', 'hourly', 'daily'];

/**
 * Whether a cohort syncs as often as its schedule says. `unknown`: no schedule. `waiting`: the first sync has not
 * arrived. `overdue`: late, within what is usual for partners. `stale`: later than that.
 */
export type FreshnessState = 'unknown' | 'waiting' | 'fresh' | 'overdue' | 'stale';

export interface Freshness {
  readonly state: FreshnessState;
  /** When the next sync is due, and when the cohort becomes stale without it; undefined if none is expected. */
  readonly dueAtMs: number | undefined;
  readonly staleAtMs: number | undefined;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/**
 * Dynamic: every 15 minutes to a messaging platform, but every 30 through Mixpanel's own webhook (Mixpanel, Cohort Sync,
 * webhooks). Hourly and daily: at any moment of the hour or day (Amplitude, Sync cohorts to destinations), so two runs
 * may lie two periods apart.
 */
const rhythms: Readonly<
  Record<Exclude<Schedule, 'one_time'>, { readonly everyMs: number; readonly toleranceMs: number }>
> = {
  dynamic: { everyMs: 15 * minuteMs, toleranceMs: 30 * minuteMs },
  hourly: { everyMs: hourMs, toleranceMs: hourMs + 15 * minuteMs },
  daily: { everyMs: 24 * hourMs, toleranceMs: 24 * hourMs + 15 * minuteMs },
};

/** Pure. `knownSinceMs`: when the hub first received the cohort, in Unix milliseconds. */
export function freshnessOf(
  schedule: Schedule | undefined,
  {
    lastSyncAtMs,
    knownSinceMs,
    nowMs,
  }: { readonly lastSyncAtMs: number | undefined; readonly knownSinceMs: number; readonly nowMs: number },
): Freshness {
  if (schedule === undefined) return { state: 'unknown', dueAtMs: undefined, staleAtMs: undefined };
  if (schedule === 'one_time')
    return { state: lastSyncAtMs === undefined ? 'waiting' : 'fresh', dueAtMs: undefined, staleAtMs: undefined };
  const { everyMs, toleranceMs } = rhythms[schedule];
  const dueAtMs = (lastSyncAtMs ?? knownSinceMs) + everyMs;
  const staleAtMs = dueAtMs + toleranceMs;
  if (nowMs > staleAtMs) return { state: 'stale', dueAtMs, staleAtMs };
  if (lastSyncAtMs === undefined) return { state: 'waiting', dueAtMs, staleAtMs };
  return { state: nowMs > dueAtMs ? 'overdue' : 'fresh', dueAtMs, staleAtMs };
}

/** The time between two syncs, in milliseconds. */
export function periodMs(schedule: keyof typeof rhythms): number {
  return rhythms[schedule].everyMs;
}
