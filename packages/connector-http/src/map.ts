import type { MapResult } from '@currents/connector';
import { findEventType, type CatalogueEvent } from '@currents/schema';

export const reasons = { event_type_unknown: 'The event is of a type that this version of the hub does not know.' };

/** Every type keeps its name. */
export function nameOf(eventType: string): string | undefined {
  return findEventType(eventType)?.name;
}

/** The event as it came from Braze. */
export function map(event: CatalogueEvent): MapResult<CatalogueEvent> {
  return nameOf(event.event_type) === undefined ? { skip: 'event_type_unknown' } : { payload: event };
}
