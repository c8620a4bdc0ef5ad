import type { EventType } from '@currents/schema';
import { Outcome } from '../batch/outcome.js';

/** The id of a Current and, by the index of each event type, whether it selects that type. */
export interface Route {
  readonly currentId: number;
  readonly selects: readonly boolean[];
}

/** The delivery of a batch for one Current. */
export interface NewDelivery {
  readonly currentId: number;
  readonly selected: number;
  /** Undefined when every event of the batch is selected. */
  readonly outcomes: Buffer | undefined;
}

/** Makes one delivery for each route that selects at least one of the events, given by their types. */
export function fanOut(types: readonly EventType[], routes: readonly Route[]): NewDelivery[] {
  const deliveries: NewDelivery[] = [];
  for (const { currentId, selects } of routes) {
    let selected = 0;
    for (const type of types) if (selects[type.index]) selected++;
    if (selected === 0) continue;
    const outcomes = selected === types.length ? undefined : selectedBytes(types, selects);
    deliveries.push({ currentId, selected, outcomes });
  }
  return deliveries;
}

function selectedBytes(types: readonly EventType[], selects: readonly boolean[]): Buffer {
  const bytes = Buffer.alloc(types.length, Outcome.unselected);
  for (const [position, type] of types.entries()) if (selects[type.index]) bytes[position] = Outcome.pending;
  return bytes;
}
