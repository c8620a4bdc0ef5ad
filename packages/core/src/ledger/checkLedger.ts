import { and, asc, eq, gt, sql, sum } from 'drizzle-orm';
import { union } from 'drizzle-orm/pg-core';
import { deadLetter, delivery, tally } from '../db/schema.js';
import type { Db, Queries } from '../admin/admin.js';
import { openRecount, type DeliveryRow, type Difference, type Sums } from './recount.js';
import type { SaveProgress } from './saveProgress.js';

const maxDifferences = 200;
const stepDeliveries = 200;

/** How far a check of a ledger has come, and what it found up to there. */
export interface LedgerProgress {
  /** The last day that was recounted. */
  readonly day?: string | undefined;
  readonly deliveryCount: number;
  readonly eventCount: number;
  /** None: every event is where the counts say. */
  readonly differences: readonly Difference[];
  /** Whether there are more differences than are listed. */
  readonly hasMoreDifferences: boolean;
}

export const nothingChecked: LedgerProgress = {
  deliveryCount: 0,
  eventCount: 0,
  differences: [],
  hasMoreDifferences: false,
};

/**
 * Recounts every delivery of a Current of one day from its outcome bytes, and compares with the tally, the dead letters
 * and law 2: selected = delivered + skipped + rejected + expired + pending. Sees one moment of the database, so it may be
 * asked while events flow. Takes a second or so for each ten thousand deliveries. Returns undefined after the last day.
 */
export async function checkLedgerStep(
  { db }: Db,
  id: string,
  progress: LedgerProgress,
  save: SaveProgress<LedgerProgress>,
  signal: AbortSignal,
): Promise<LedgerProgress | undefined> {
  const next = await db.transaction(
    async (tx) => {
      const currentId = Number(id);
      const day = (await daysOf(tx, currentId)).find((each) => progress.day === undefined || each > progress.day);
      return day === undefined ? undefined : checkDay(tx, currentId, day, progress, signal);
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  );
  if (next) await save(db, next);
  return next;
}

async function checkDay(
  tx: Queries,
  currentId: number,
  day: string,
  progress: LedgerProgress,
  signal: AbortSignal,
): Promise<LedgerProgress> {
  const recount = openRecount(day);
  let { deliveryCount, eventCount } = progress;
  const letters = await lettersOf(tx, currentId, day);
  for await (const deliveries of deliveriesOf(tx, currentId, day)) {
    signal.throwIfAborted();
    for (const each of deliveries) {
      recount.add(each, letters.get(each.id));
      deliveryCount++;
      eventCount += each.events;
    }
  }
  const found = recount.compare(await talliesOf(tx, currentId, day), await isKept(tx, day));
  const differences = [...progress.differences, ...found];
  return {
    day,
    deliveryCount,
    eventCount,
    differences: differences.slice(0, maxDifferences),
    hasMoreDifferences: progress.hasMoreDifferences || differences.length > maxDifferences,
  };
}

async function daysOf(tx: Queries, currentId: number): Promise<readonly string[]> {
  const stored = tx.selectDistinct({ day: delivery.storedOn }).from(delivery).where(eq(delivery.currentId, currentId));
  const tallied = tx.selectDistinct({ day: tally.day }).from(tally).where(eq(tally.currentId, currentId));
  return (await union(stored, tallied)).map(({ day }) => day).sort();
}

async function isKept(tx: Queries, day: string): Promise<boolean> {
  const name = `delivery_${day.replaceAll('-', '')}`;
  const [row] = await tx.execute<{ kept: boolean }>(sql`select to_regclass(${name}) is not null as kept`);
  return row?.kept === true;
}

async function* deliveriesOf(tx: Queries, currentId: number, day: string): AsyncGenerator<readonly DeliveryRow[]> {
  let last = '0';
  for (;;) {
    const rows = await tx
      .select({
        id: delivery.id,
        events: delivery.events,
        pending: delivery.pending,
        outcomes: delivery.outcomes,
        skipReasons: delivery.skipReasons,
      })
      .from(delivery)
      .where(and(eq(delivery.storedOn, day), eq(delivery.currentId, currentId), gt(delivery.id, last)))
      .orderBy(asc(delivery.id))
      .limit(stepDeliveries);
    if (rows.length === 0) return;
    yield rows;
    last = rows.at(-1)?.id ?? last;
  }
}

async function lettersOf(tx: Queries, currentId: number, day: string): Promise<ReadonlyMap<string, Sums>> {
  const rows = await tx
    .select({
      deliveryId: deadLetter.deliveryId,
      outcome: deadLetter.outcome,
      events: sql<number>`sum(cardinality(${deadLetter.positions}))`.mapWith(Number),
    })
    .from(deadLetter)
    .where(and(eq(deadLetter.storedOn, day), eq(deadLetter.currentId, currentId)))
    .groupBy(deadLetter.deliveryId, deadLetter.outcome);
  const letters = new Map<string, Map<string, number>>();
  for (const { deliveryId, outcome, events } of rows) {
    const ofDelivery = letters.get(deliveryId) ?? new Map<string, number>();
    letters.set(deliveryId, ofDelivery.set(outcome, events));
  }
  return letters;
}

async function talliesOf(tx: Queries, currentId: number, day: string): Promise<Sums> {
  const rows = await tx
    .select({ outcome: tally.outcome, code: tally.code, events: sum(tally.events).mapWith(Number) })
    .from(tally)
    .where(and(eq(tally.currentId, currentId), eq(tally.day, day)))
    .groupBy(tally.outcome, tally.code);
  return new Map(rows.map(({ outcome, code, events }) => [`${outcome} ${code}`, events]));
}
