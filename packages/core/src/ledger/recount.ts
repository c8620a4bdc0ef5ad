import type { delivery } from '../db/schema.js';
import { allPending, Outcome, outcomeName } from '../batch/outcome.js';

/** Something that is counted in two places, and not the same in both. */
export interface Difference {
  readonly day: string;
  /** Undefined when it is about the whole day. */
  readonly deliveryKey: string | undefined;
  readonly message: string;
}

export type DeliveryRow = Pick<typeof delivery.$inferSelect, 'id' | 'events' | 'pending' | 'outcomes' | 'skipReasons'>;
/** Events by `outcome code`; dead ones of a delivery by outcome. */
export type Sums = ReadonlyMap<string, number>;

/** Counts the deliveries of one day from their outcome bytes, and notes what does not agree with what else is stored. */
export function openRecount(day: string) {
  const differences: Difference[] = [];
  const sums = new Map<string, number>();
  const add = (key: string, events: number): void => void sums.set(key, (sums.get(key) ?? 0) + events);

  return {
    /** `letters`: of this delivery, how many events have a dead letter, by outcome. */
    add({ id, events, pending, outcomes, skipReasons }: DeliveryRow, letters: Sums | undefined): void {
      const differ = (message: string): void => void differences.push({ day, deliveryKey: id, message });
      const bytes = outcomes ?? allPending(events);
      if (bytes.length !== events) differ(`it has ${events} events, and outcomes for ${bytes.length}`);
      const counts = new Uint32Array(256);
      for (const byte of bytes) counts[byte] = (counts[byte] as number) + 1;
      if (counts[Outcome.pending] !== pending)
        differ(`${counts[Outcome.pending]} events are pending, and it says ${pending}`);
      for (const [byte, number] of counts.entries()) {
        if (number === 0 || byte === Outcome.unselected) continue;
        const name = outcomeName(byte);
        const reason = byte >= Outcome.skipped ? skipReasons?.[byte - Outcome.skipped] : '';
        if (name === undefined || reason === undefined)
          differ(`${number} events have the outcome byte ${byte}, which means nothing here`);
        else add(`${name} ${reason}`, number);
        add('selected ', number);
      }
      for (const outcome of ['rejected', 'expired'] as const) {
        const [counted, buried] = [counts[Outcome[outcome]] as number, letters?.get(outcome) ?? 0];
        if (counted !== buried)
          differ(`${counted} events are ${outcome}, and ${buried} have a dead letter that says so`);
      }
    },

    /** Everything that does not agree. `kept`: the day's deliveries are still stored. */
    compare(tallies: Sums, kept: boolean): readonly Difference[] {
      const differ = (message: string): void => void differences.push({ day, deliveryKey: undefined, message });
      const tallied = (outcome: string): number => sumOf(tallies, outcome);
      const rest =
        tallied('selected') - tallied('delivered') - tallied('skipped') - tallied('rejected') - tallied('expired');
      // Of a day that is forgotten, the tally is all there is; a day is forgotten when nothing of it is pending.
      if (!kept) {
        if (rest !== 0) differ(`the day is forgotten, and ${rest} of its events never reached an outcome`);
        return differences;
      }
      const pending = sumOf(sums, 'pending');
      if (rest !== pending) differ(`${pending} events are pending, and the tally leaves ${rest}`);
      for (const outcome of ['selected', 'delivered', 'rejected', 'expired']) {
        if (sumOf(sums, outcome) !== tallied(outcome))
          differ(`${sumOf(sums, outcome)} events are ${outcome}, and the tally says ${tallied(outcome)}`);
      }
      for (const key of new Set([...sums.keys(), ...tallies.keys()])) {
        if (!key.startsWith('skipped ') || sums.get(key) === tallies.get(key)) continue;
        differ(
          `${sums.get(key) ?? 0} events are skipped as ${key.slice(8)}, and the tally says ${tallies.get(key) ?? 0}`,
        );
      }
      return differences;
    },
  };
}

function sumOf(sums: Sums, outcome: string): number {
  let events = 0;
  for (const [key, number] of sums) if (key.startsWith(`${outcome} `)) events += number;
  return events;
}
