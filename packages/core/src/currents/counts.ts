import { and, eq, gt, gte, inArray, lte, min, sum } from 'drizzle-orm';
import { delivery, tally } from '../db/schema.js';
import type { Admin } from '../admin/admin.js';
import { databaseTime } from '../admin/databaseTime.js';
import { checkDay, QuestionRefused } from '../admin/page.js';

/** Where the events of a Current stand. */
export type Counts = ReturnType<typeof countsOf>;

export type ReasonCount = Counts['skippedReasons'][number];

type TallyRow = Pick<typeof tally.$inferSelect, 'outcome' | 'code' | 'events'>;

/** Of each Current, everything since it was created. */
export async function countEvents(
  { db }: Pick<Admin, 'db'>,
  currentIds: readonly number[],
): Promise<ReadonlyMap<number, Counts>> {
  if (currentIds.length === 0) return new Map();
  const rows = await db
    .select({
      currentId: tally.currentId,
      outcome: tally.outcome,
      code: tally.code,
      events: sum(tally.events).mapWith(Number),
    })
    .from(tally)
    .where(inArray(tally.currentId, [...currentIds]))
    .groupBy(tally.currentId, tally.outcome, tally.code);
  const byCurrent = grouped(rows, ({ currentId }) => currentId);
  return new Map(currentIds.map((id) => [id, countsOf(byCurrent.get(id) ?? [])]));
}

/** Of each Current, when the oldest event that is still pending came. */
export async function oldestPending(
  { db }: Pick<Admin, 'db'>,
  currentIds: readonly number[],
): Promise<ReadonlyMap<number, Date>> {
  if (currentIds.length === 0) return new Map();
  const rows = await db
    .select({ currentId: delivery.currentId, storedAt: min(delivery.storedAt) })
    .from(delivery)
    .where(and(inArray(delivery.currentId, [...currentIds]), gt(delivery.pending, 0)))
    .groupBy(delivery.currentId);
  return new Map(
    rows.flatMap(({ currentId, storedAt }) => (storedAt === null ? [] : [[currentId, storedAt] as const])),
  );
}

/** A range of days may hold so many at most, both ends included. */
const maxDays = 367;

/**
 * The counts of each day, the latest first; days without events are left out.
 * @param range days in UTC, both included; by default the last 31 days.
 */
export async function countDaily(
  { db }: Pick<Admin, 'db'>,
  currentId: number,
  range: { readonly from?: string | undefined; readonly to?: string | undefined } = {},
) {
  checkDay('from', range.from);
  checkDay('to', range.to);
  const to = range.to ?? (await databaseTime({ db })).toISOString().slice(0, 10);
  const from = range.from ?? daysBefore(to, 30);
  if (daysBefore(to, maxDays - 1) > from)
    throw new QuestionRefused(`from: expected a day at most ${maxDays - 1} days before ${to}, got ${from}`);
  const rows = await db
    .select({ day: tally.day, outcome: tally.outcome, code: tally.code, events: sum(tally.events).mapWith(Number) })
    .from(tally)
    .where(and(eq(tally.currentId, currentId), gte(tally.day, from), lte(tally.day, to)))
    .groupBy(tally.day, tally.outcome, tally.code);
  return [...grouped(rows, ({ day }) => day)]
    .sort(([a], [b]) => (a < b ? 1 : -1))
    .map(([day, ofDay]) => ({ day, ...countsOf(ofDay) }));
}

function daysBefore(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - days * 86_400_000).toISOString().slice(0, 10);
}

function grouped<Row, Key>(rows: readonly Row[], keyOf: (row: Row) => Key): ReadonlyMap<Key, Row[]> {
  const groups = new Map<Key, Row[]>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group) group.push(row);
    else groups.set(keyOf(row), [row]);
  }
  return groups;
}

/** selected = delivered + skipped + rejected + expired + pending. */
export function countsOf(rows: readonly TallyRow[]) {
  const total = (outcome: TallyRow['outcome']): number =>
    rows.reduce((events, row) => (row.outcome === outcome ? events + row.events : events), 0);
  /** Why events have this outcome; the most frequent reason first. */
  const reasons = (outcome: TallyRow['outcome']) =>
    rows
      .filter((row) => row.outcome === outcome)
      .map(({ code, events }) => ({ code, eventCount: events }))
      .sort((a, b) => b.eventCount - a.eventCount || (a.code < b.code ? -1 : 1));
  const [selected, delivered, skipped] = [total('selected'), total('delivered'), total('skipped')];
  const [rejected, expired] = [total('rejected'), total('expired')];
  return {
    selected,
    /** Accepted events of types that the Current did not select; not part of the sum. */
    unselected: total('unselected'),
    delivered,
    skipped,
    rejected,
    expired,
    pending: selected - delivered - skipped - rejected - expired,
    skippedReasons: reasons('skipped'),
    rejectedReasons: reasons('rejected'),
    expiredReasons: reasons('expired'),
  };
}
