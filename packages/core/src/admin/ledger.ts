import { and, asc, eq, gt, sql, sum } from 'drizzle-orm';
import { deadLetter, delivery, tally } from '../db/schema.js';
import { allPending, Outcome, outcomeName } from '../outcome.js';
import type { Admin, Queries } from './admin.js';
import { findCurrent } from './currents.js';
import { currentNotFound, type CurrentNotFound } from './problem.js';

/** What a recount of a Current's ledger found. No differences: every event is where the counts say. */
export interface LedgerChecked {
  readonly kind: 'LedgerChecked';
  readonly deliveries: number;
  readonly events: number;
  readonly differences: readonly Difference[];
  /** There are more differences than are listed. */
  readonly more: boolean;
}

/** Something that is counted in two places, and not the same in both. */
export interface Difference {
  readonly day: string;
  /** Undefined when it is about the whole day. */
  readonly deliveryId: string | undefined;
  readonly message: string;
}

export interface Progress {
  readonly day: string;
  readonly deliveries: number;
  readonly events: number;
}

const mostDifferences = 200;
const stepDeliveries = 200;

/**
 * Recounts every delivery of a Current from its outcome bytes, and compares with the tally, the dead letters and law 2:
 * selected = delivered + skipped + rejected + expired + pending. Sees one moment of the database, so it may be asked
 * while events flow. Reads every delivery that is stored: that takes a second or so for each ten thousand.
 */
export async function checkLedger(
  { db }: Pick<Admin, 'db'>,
  id: string,
  onProgress: (progress: Progress) => void = () => undefined,
): Promise<LedgerChecked | CurrentNotFound> {
  const row = await findCurrent(db, id);
  if (!row) return currentNotFound(id);
  return db.transaction(
    async (tx) => {
      const differences: Difference[] = [];
      const found = { deliveries: 0, events: 0 };
      for (const day of await daysOf(tx, row.id)) {
        const sums = openSums(day);
        const letters = await lettersOf(tx, row.id, day);
        for await (const deliveries of deliveriesOf(tx, row.id, day)) {
          for (const each of deliveries) {
            sums.add(each, letters.get(each.id));
            found.deliveries++;
            found.events += each.events;
          }
          onProgress({ day, ...found });
        }
        differences.push(...sums.compare(await talliesOf(tx, row.id, day), await isKept(tx, day)));
      }
      const more = differences.length > mostDifferences;
      return { kind: 'LedgerChecked' as const, ...found, differences: differences.slice(0, mostDifferences), more };
    },
    { isolationLevel: 'repeatable read', accessMode: 'read only' },
  );
}

type DeliveryRow = Pick<typeof delivery.$inferSelect, 'id' | 'events' | 'pending' | 'outcomes' | 'skipReasons'>;
/** Events by `outcome code`; dead ones of a delivery by outcome. */
type Sums = ReadonlyMap<string, number>;

/** Sums up the deliveries of one day, and notes what does not hold of each. */
function openSums(day: string) {
  const differences: Difference[] = [];
  const sums = new Map<string, number>();
  const add = (key: string, events: number): void => void sums.set(key, (sums.get(key) ?? 0) + events);

  return {
    add({ id, events, pending, outcomes, skipReasons }: DeliveryRow, letters: Sums | undefined): void {
      const differ = (message: string): void => void differences.push({ day, deliveryId: id, message });
      const bytes = outcomes ?? allPending(events);
      if (bytes.length !== events) differ(`it has ${events} events, and outcomes for ${bytes.length}`);
      const counts = new Uint32Array(256);
      for (const byte of bytes) counts[byte] = (counts[byte] as number) + 1;
      if (counts[Outcome.pending] !== pending) differ(`${counts[Outcome.pending]} events are pending, and it says ${pending}`);
      for (const [byte, number] of counts.entries()) {
        if (number === 0 || byte === Outcome.unselected) continue;
        const name = nameOfByte(byte);
        const reason = byte >= Outcome.skipped ? skipReasons?.[byte - Outcome.skipped] : '';
        if (name === undefined || reason === undefined) differ(`${number} events have the outcome byte ${byte}, which means nothing here`);
        else add(`${name} ${reason}`, number);
        add('selected ', number);
      }
      for (const outcome of ['rejected', 'expired'] as const) {
        const [counted, buried] = [counts[Outcome[outcome]] as number, letters?.get(outcome) ?? 0];
        if (counted !== buried) differ(`${counted} events are ${outcome}, and ${buried} have a dead letter that says so`);
      }
    },

    compare(tallies: Sums, kept: boolean): readonly Difference[] {
      const differ = (message: string): void => void differences.push({ day, deliveryId: undefined, message });
      const tallied = (outcome: string): number => sumOf(tallies, outcome);
      const rest = tallied('selected') - tallied('delivered') - tallied('skipped') - tallied('rejected') - tallied('expired');
      // Of a day that is forgotten, the tally is all there is; a day is forgotten when nothing of it is pending.
      if (!kept) {
        if (rest !== 0) differ(`the day is forgotten, and ${rest} of its events never reached an outcome`);
        return differences;
      }
      const pending = sumOf(sums, 'pending');
      if (rest !== pending) differ(`${pending} events are pending, and the tally leaves ${rest}`);
      for (const outcome of ['selected', 'delivered', 'rejected', 'expired']) {
        if (sumOf(sums, outcome) !== tallied(outcome)) differ(`${sumOf(sums, outcome)} events are ${outcome}, and the tally says ${tallied(outcome)}`);
      }
      for (const key of new Set([...sums.keys(), ...tallies.keys()])) {
        if (!key.startsWith('skipped ') || sums.get(key) === tallies.get(key)) continue;
        differ(`${sums.get(key) ?? 0} events are skipped as ${key.slice(8)}, and the tally says ${tallies.get(key) ?? 0}`);
      }
      return differences;
    },
  };
}

function nameOfByte(byte: number): string | undefined {
  try {
    return outcomeName(byte);
  } catch {
    return undefined;
  }
}

function sumOf(sums: Sums, outcome: string): number {
  let events = 0;
  for (const [key, number] of sums) if (key.startsWith(`${outcome} `)) events += number;
  return events;
}

async function daysOf(tx: Queries, currentId: number): Promise<readonly string[]> {
  const stored = await tx.select({ day: delivery.storedOn }).from(delivery).where(eq(delivery.currentId, currentId)).groupBy(delivery.storedOn);
  const tallied = await tx.select({ day: tally.day }).from(tally).where(eq(tally.currentId, currentId)).groupBy(tally.day);
  return [...new Set([...stored, ...tallied].map(({ day }) => day))].sort();
}

async function isKept(tx: Queries, day: string): Promise<boolean> {
  const name = `delivery_${day.replaceAll('-', '')}`;
  const [row] = (await tx.execute(sql`select to_regclass(${name}) is not null as kept`)) as unknown as [{ kept: boolean }];
  return row.kept;
}

async function* deliveriesOf(tx: Queries, currentId: number, day: string): AsyncGenerator<readonly DeliveryRow[]> {
  let last = '0';
  for (;;) {
    const rows = await tx
      .select({ id: delivery.id, events: delivery.events, pending: delivery.pending, outcomes: delivery.outcomes, skipReasons: delivery.skipReasons })
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
    .select({ deliveryId: deadLetter.deliveryId, outcome: deadLetter.outcome, events: sql<number>`sum(cardinality(${deadLetter.positions}))`.mapWith(Number) })
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
