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

interface FannedOut {
  readonly deliveries: readonly NewDelivery[];
  /** Of each Current that does not select all of the events, its id and how many it does not select. */
  readonly unselected: readonly (readonly [number, number])[];
}

/** Makes one delivery for each route that selects at least one of the events, given by their types. */
export function fanOut(types: readonly EventType[], routes: readonly Route[]): FannedOut {
  const deliveries: NewDelivery[] = [];
  const unselected: (readonly [number, number])[] = [];
  const counts = countTypes(types);
  for (const { currentId, selects } of routes) {
    let selected = 0;
    for (const { index, events } of counts) if (selects[index]) selected += events;
    if (selected < types.length) unselected.push([currentId, types.length - selected]);
    if (selected === 0) continue;
    const outcomes = selected === types.length ? undefined : selectedBytes(types, selects);
    deliveries.push({ currentId, selected, outcomes });
  }
  return { deliveries, unselected };
}

interface TypeCount {
  readonly index: number;
  events: number;
}

/** Once for all routes: a batch has many events of few types. */
function countTypes(types: readonly EventType[]) {
  const counts: TypeCount[] = [];
  const byIndex: TypeCount[] = [];
  for (const { index } of types) {
    const count = byIndex[index];
    if (count) count.events += 1;
    else counts.push((byIndex[index] = { index, events: 1 }));
  }
  return counts;
}

function selectedBytes(types: readonly EventType[], selects: readonly boolean[]): Buffer {
  const bytes = Buffer.alloc(types.length, Outcome.unselected);
  for (const [position, type] of types.entries()) if (selects[type.index]) bytes[position] = Outcome.pending;
  return bytes;
}
