import { catalogue, findEventType } from '@currents/schema';
import type { CatalogueEvent } from '@currents/schema';

/** Event type → its name at a destination. For custom events it is a prefix, blank included, before their own name. */
export type EventNames = Readonly<Record<string, string>>;

export interface EventNaming {
  /** The name of an event type (for custom events the prefix); undefined when the destination does not accept the type. */
  nameOf(eventType: string): string | undefined;
  /** The name of one event, an admin's `renamed` names first; undefined when the destination does not accept its type. */
  nameFor(event: CatalogueEvent, renamed: EventNames): string | undefined;
}

/**
 * The names that Braze's own integrations give events: their titles behind a prefix, except `exceptions`.
 * Event types of the group `other` are sent to no analytics.
 */
export function brazeEventNames(prefix: string, exceptions: EventNames): EventNames {
  const sent = catalogue.filter(({ group }) => group !== 'other');
  return { ...Object.fromEntries(sent.map(({ name, title }) => [name, prefix + title])), ...exceptions };
}

/** Names events by a destination's table. */
export function createEventNaming(names: EventNames): EventNaming {
  const namings = new Map(
    Object.entries(names).map(([type, name]) => [type, { name, isPrefix: findEventType(type)?.hasOwnName === true }]),
  );
  return {
    nameOf: (eventType) => namings.get(eventType)?.name,
    nameFor({ event_type: eventType, properties }, renamed) {
      const naming = namings.get(eventType);
      if (naming === undefined) return undefined;
      return naming.isPrefix ? naming.name + String(properties['name']) : (renamed[eventType] ?? naming.name);
    },
  };
}
