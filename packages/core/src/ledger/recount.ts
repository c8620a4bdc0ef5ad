import type { delivery } from '../db/schema.js';
import { allPending, Outcome, outcomeName } from '../batch/outcome.js';

/** Something that is counted in two places, and not the same in both. */
export interface Difference {
  readonly day: string;
  /** Undefined when it is about the whole day. */
  readonly deliveryKey: string | undefined;
  readonly message: string;
}

/** What is counted in two places, of a delivery or of a day. */
export type LedgerQuantity =
  | 'batch_events'
  | 'outcomes'
  | 'unknown_outcome'
  | 'pending'
  | 'selected'
  | 'delivered'
  | 'skipped'
  | 'rejected'
  | 'expired';

export interface Mismatch {
  readonly quantity: LedgerQuantity;
  /** The reason of skipped events, or the number of an unknown outcome byte; otherwise empty. */
  readonly code: string;
  /** What the outcomes of the events say; of `batch_events` what the batch says. */
  readonly expected: number;
  /** What is stored beside them: in the delivery, as dead letters, or in the tally. */
  readonly stored: number;
}

export type DeliveryRow = Pick<typeof delivery.$inferSelect, 'id' | 'events' | 'pending' | 'outcomes' | 'skipReasons'>;
/** Events by `outcome code`; dead ones of a delivery by outcome. */
export type Sums = ReadonlyMap<string, number>;

/** Counts the deliveries of one day from their outcome bytes, and notes what does not agree with what else is stored. */
export function openRecount(day: string) {
  const differences: Difference[] = [];
  const sums = new Map<string, number>();

  return {
    /** `letters`: of this delivery, how many events have a dead letter, by outcome. */
    add(row: DeliveryRow, letters: Sums | undefined): void {
      for (const mismatch of recountDelivery(row, letters, sums))
        differences.push({ day, deliveryKey: row.id, message: ofDelivery(mismatch) });
    },

    /** Everything that does not agree. `kept`: the day's deliveries are still stored. */
    compare(tallies: Sums, kept: boolean): readonly Difference[] {
      const message = kept ? ofDay : ofForgottenDay;
      for (const mismatch of compareDay(sums, tallies, kept))
        differences.push({ day, deliveryKey: undefined, message: message(mismatch) });
      return differences;
    },
  };
}

/** Adds the events of a delivery to the sums of its day, and returns what does not agree within it. */
export function recountDelivery(
  { events, pending, outcomes, skipReasons }: Omit<DeliveryRow, 'id'>,
  letters: Sums | undefined,
  sums: Map<string, number>,
): readonly Mismatch[] {
  const mismatches: Mismatch[] = [];
  const compare = (quantity: LedgerQuantity, expected: number, stored: number, code = ''): void => {
    if (expected !== stored) mismatches.push({ quantity, code, expected, stored });
  };
  const add = (key: string, number: number): void => void sums.set(key, (sums.get(key) ?? 0) + number);
  const bytes = outcomes ?? allPending(events);
  compare('outcomes', events, bytes.length);
  const counts = new Uint32Array(256);
  for (const byte of bytes) counts[byte] = (counts[byte] as number) + 1;
  compare('pending', counts[Outcome.pending] as number, pending);
  for (const [byte, number] of counts.entries()) {
    if (number === 0 || byte === Outcome.unselected) continue;
    const name = outcomeName(byte);
    const reason = byte >= Outcome.skipped ? skipReasons?.[byte - Outcome.skipped] : '';
    if (name === undefined || reason === undefined) compare('unknown_outcome', 0, number, String(byte));
    else add(`${name} ${reason}`, number);
    add('selected ', number);
  }
  for (const outcome of ['rejected', 'expired'] as const)
    compare(outcome, counts[Outcome[outcome]] as number, letters?.get(outcome) ?? 0);
  return mismatches;
}

/** What of a day does not agree with its tally. `isKept`: the day's deliveries, whose sums these are, are still stored. */
export function compareDay(sums: Sums, tallies: Sums, isKept: boolean): readonly Mismatch[] {
  const mismatches: Mismatch[] = [];
  const compare = (quantity: LedgerQuantity, expected: number, stored: number, code = ''): void => {
    if (expected !== stored) mismatches.push({ quantity, code, expected, stored });
  };
  const tallied = (outcome: string): number => sumOf(tallies, outcome);
  const rest =
    tallied('selected') - tallied('delivered') - tallied('skipped') - tallied('rejected') - tallied('expired');
  // Of a day that is forgotten, the tally is all there is; a day is forgotten when nothing of it is pending.
  compare('pending', isKept ? sumOf(sums, 'pending') : 0, rest);
  if (!isKept) return mismatches;
  for (const outcome of ['selected', 'delivered', 'rejected', 'expired'] as const)
    compare(outcome, sumOf(sums, outcome), tallied(outcome));
  for (const key of new Set([...sums.keys(), ...tallies.keys()]))
    if (key.startsWith('skipped ')) compare('skipped', sums.get(key) ?? 0, tallies.get(key) ?? 0, key.slice(8));
  return mismatches;
}

function ofDelivery({ quantity, code, expected, stored }: Mismatch): string {
  if (quantity === 'outcomes') return `it has ${expected} events, and outcomes for ${stored}`;
  if (quantity === 'pending') return `${expected} events are pending, and it says ${stored}`;
  if (quantity === 'unknown_outcome') return `${stored} events have the outcome byte ${code}, which means nothing here`;
  return `${expected} events are ${quantity}, and ${stored} have a dead letter that says so`;
}

function ofDay({ quantity, code, expected, stored }: Mismatch): string {
  if (quantity === 'pending') return `${expected} events are pending, and the tally leaves ${stored}`;
  const what = quantity === 'skipped' ? `skipped as ${code}` : quantity;
  return `${expected} events are ${what}, and the tally says ${stored}`;
}

function ofForgottenDay({ stored }: Mismatch): string {
  return `the day is forgotten, and ${stored} of its events never reached an outcome`;
}

function sumOf(sums: Sums, outcome: string): number {
  let events = 0;
  for (const [key, number] of sums) if (key.startsWith(`${outcome} `)) events += number;
  return events;
}
