/** How often the partner syncs a cohort, as the admin has set it up there. */
export type Schedule = 'one_time' | 'dynamic' | 'hourly' | 'daily';

export const schedules: readonly Schedule[] = ['one_time', 'dynamic', 'hourly', 'daily'];

/**
 * Whether a cohort is as new as it should be. `unknown`: nobody has said how often it syncs. `waiting`: its first sync
 * has not come. `overdue`: later than it should be, but not later than partners are now and then. `stale`: somebody
 * should look why nothing comes.
 */
export type FreshnessState = 'unknown' | 'waiting' | 'fresh' | 'overdue' | 'stale';

export interface Freshness {
  readonly state: FreshnessState;
  /** When the next sync should come, and when without it the cohort is stale; undefined where none is expected. */
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

/** `knownSinceMs`: when the hub first heard of the cohort. A pure function of what it is given. */
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

/** How long after one sync the next one is expected, or made where the hub makes it. */
export function periodMs(schedule: keyof typeof rhythms): number {
  return rhythms[schedule].everyMs;
}
