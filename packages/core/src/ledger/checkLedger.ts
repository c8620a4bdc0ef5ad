import { and, asc, eq, gt, sql, sum } from 'drizzle-orm';
import { union } from 'drizzle-orm/pg-core';
import { deadLetter, delivery, tally } from '../db/schema.js';
import type { Db, Queries } from '../admin/admin.js';
import { findCurrent } from '../currents/currents.js';
import { currentNotFound } from '../admin/problem.js';
import { openRecount, type DeliveryRow, type Difference, type Sums } from './recount.js';

const maxDifferences = 200;
const stepDeliveries = 200;

/**
 * Recounts every delivery of a Current from its outcome bytes, and compares with the tally, the dead letters and law 2:
 * selected = delivered + skipped + rejected + expired + pending. Sees one moment of the database, so it may be asked
 * while events flow. Reads every delivery that is stored: that takes a second or so for each ten thousand.
 */
export async function checkLedger(
  { db }: Db,
  id: string,
  onProgress: (progress: { day: string; deliveries: number; events: number }) => void = () => undefined,
) {
  const row = await findCurrent(db, id);
  if (!row) return currentNotFound();
  return db.transaction(
    async (tx) => {
      const differences: Difference[] = [];
      const found = { deliveries: 0, events: 0 };
      for (const day of await daysOf(tx, row.id)) {
        const recount = openRecount(day);
        const letters = await lettersOf(tx, row.id, day);
        for await (const deliveries of deliveriesOf(tx, row.id, day)) {
          for (const each of deliveries) {
            recount.add(each, letters.get(each.id));
            found.deliveries++;
            found.events += each.events;
          }
          onProgress({ day, ...found });
        }
        differences.push(...recount.compare(await talliesOf(tx, row.id, day), await isKept(tx, day)));
      }
      return {
        kind: 'LedgerCheck' as const,
        deliveryCount: found.deliveries,
        eventCount: found.events,
        /** None: every event is where the counts say. */
        differences: differences.slice(0, maxDifferences),
        /** Whether there are more differences than are listed. */
        hasMoreDifferences: differences.length > maxDifferences,
      };
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  );
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
