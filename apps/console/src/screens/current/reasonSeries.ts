import type { Series } from '../../parts/chart.js';

interface Reason {
  readonly code: string;
  readonly eventCount: number;
}

/** How the events stand that arrived on one day. */
export interface DayCounts {
  /** Such as 2026-01-31. */
  readonly day: string;
  readonly delivered: number;
  readonly pending: number;
  readonly unselected: number;
  readonly skippedReasons: readonly Reason[];
  readonly rejectedReasons: readonly Reason[];
  readonly expiredReasons: readonly Reason[];
}

/** A person can distinguish the shades of so many reasons of one outcome. The rest are one series. */
const maxShades = 3;

/** Every day from the first to the last one, both in UTC. */
export function daysBetween(first: string, last: string): readonly string[] {
  const days = [];
  for (let at = Date.parse(first); at <= Date.parse(last); at += 86_400_000)
    days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}

/**
 * Series by outcome and reason, each with its sum and the list behind it; those without events are left out.
 * @param days the days of the chart; one that `counts` lacks had no events.
 */
export function seriesByReason(
  counts: readonly DayCounts[],
  days: readonly string[],
  currentId: string,
  meanings: ReadonlyMap<string, string>,
): readonly Series[] {
  const byDay = new Map(counts.map((day) => [day.day, day]));
  const series = (
    more: Omit<Series, 'values' | 'total'>,
    valueOf: (day: DayCounts) => number,
  ): Series & { readonly total: number } => {
    const values = days.map((day) => {
      const known = byDay.get(day);
      return known ? valueOf(known) : 0;
    });
    return { ...more, values, total: values.reduce((sum, value) => sum + value, 0) };
  };
  const reasons = (
    title: string,
    tone: string,
    of: (day: DayCounts) => readonly Reason[],
    listOf: (code?: string) => string,
  ) => {
    const codes = byFrequency(counts.flatMap(of));
    const sumOf = (wanted: ReadonlySet<string>) => (day: DayCounts) =>
      of(day).reduce((sum, { code, eventCount }) => sum + (wanted.has(code) ? eventCount : 0), 0);
    const isOver = codes.length > maxShades;
    const own = isOver ? codes.slice(0, maxShades - 1) : codes;
    const rest = codes.slice(own.length);
    return [
      ...own.map((code, shade) => {
        const about = meanings.get(code);
        return series(
          { title: `${title}: ${code}`, tone, shade, to: listOf(code), ...(about !== undefined && { about }) },
          sumOf(new Set([code])),
        );
      }),
      ...(rest.length > 0
        ? [
            series(
              {
                ...{ title: `${title}: ${rest.length} other reasons`, tone, shade: own.length, to: listOf() },
                about: rest.join(', '),
              },
              sumOf(new Set(rest)),
            ),
          ]
        : []),
    ];
  };
  const letters = (code?: string): string =>
    `/dead-letters?current=${currentId}${code === undefined ? '' : `&code=${encodeURIComponent(code)}`}`;
  const skipped = (code?: string): string =>
    `/currents/${currentId}/skipped${code === undefined ? '' : `?reason=${encodeURIComponent(code)}`}`;
  return [
    series({ title: 'Delivered', tone: 'good' }, ({ delivered }) => delivered),
    ...reasons('Skipped', 'skip', ({ skippedReasons }) => skippedReasons, skipped),
    ...reasons('Rejected', 'bad', ({ rejectedReasons }) => rejectedReasons, letters),
    ...reasons('Expired', 'warn', ({ expiredReasons }) => expiredReasons, letters),
    series({ title: 'Pending', tone: 'plain', to: `/currents/${currentId}/throttled` }, ({ pending }) => pending),
    series(
      { title: 'Not selected', tone: 'plain', shade: 1, to: `/currents/${currentId}/edit` },
      ({ unselected }) => unselected,
    ),
  ].filter(({ title, total }) => total > 0 || title === 'Delivered');
}

function byFrequency(reasons: readonly Reason[]): readonly string[] {
  const sums = new Map<string, number>();
  for (const { code, eventCount } of reasons) sums.set(code, (sums.get(code) ?? 0) + eventCount);
  return [...sums].sort(([, one], [, other]) => other - one).map(([code]) => code);
}
