import type { ImportEvent } from '@currents/connector-mixpanel';
import { mixpanel } from '@currents/connector-mixpanel';
import { sampleOf } from '@currents/schema';
import type { CatalogueEvent } from '@currents/schema';

export const settings = mixpanel.settings.parse({ region: 'us' });

/** The payload of an event, as sent. */
export function payloadOf(event: CatalogueEvent, choices = settings): ImportEvent {
  const mapped = mixpanel.map(event, choices);
  if (!('payload' in mapped)) throw new Error(`expected a payload, got ${JSON.stringify(mapped)}`);
  return JSON.parse(JSON.stringify(mapped.payload)) as ImportEvent;
}

/** The properties of an event's payload. */
export function propertiesIn(payload: unknown): ImportEvent['properties'] {
  return (payload as ImportEvent).properties;
}

/** A custom event with these free properties. */
export function customEvent(custom_properties: unknown, more: Partial<CatalogueEvent> = {}): CatalogueEvent {
  return { ...sampleOf('users.behaviors.CustomEvent'), properties: { name: 'Tried', custom_properties }, ...more };
}
