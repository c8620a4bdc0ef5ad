import type { EventType } from '@currents/schema';
import { Outcome } from '../batch/outcome.js';

/** What fan-out needs to know of a Current: its id, and for each event type, by its index, whether it is selected. */
export interface Route {
  readonly currentId: number;
  readonly selects: readonly boolean[];
}

/** The delivery that a batch makes for one Current. */
export interface NewDelivery {
  readonly currentId: number;
  readonly selected: number;
  /** Undefined when every event of the batch is selected. */
  readonly outcomes: Buffer | undefined;
}

/** One delivery for every taker that selects at least one of the events; an event is told by its type. */
export function fanOut(types: readonly EventType[], takers: readonly Route[]): NewDelivery[] {
  const deliveries: NewDelivery[] = [];
  for (const { currentId, selects: takes } of takers) {
    let selected = 0;
    for (const type of types) if (takes[type.index]) selected++;
    if (selected === 0) continue;
    const outcomes = selected === types.length ? undefined : selectedBytes(types, takes);
    deliveries.push({ currentId, selected, outcomes });
  }
  return deliveries;
}

function selectedBytes(types: readonly EventType[], takes: readonly boolean[]): Buffer {
  const bytes = Buffer.alloc(types.length, Outcome.unselected);
  for (const [position, type] of types.entries()) if (takes[type.index]) bytes[position] = Outcome.pending;
  return bytes;
}
