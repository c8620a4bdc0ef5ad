import { catalogue, type CatalogueEvent } from '@currents/schema';
import type { Settings } from './settings.js';

interface Naming {
  readonly name: string;
  readonly isPrefix: boolean;
}

const namings: ReadonlyMap<string, Naming> = new Map(
  catalogue.flatMap((type) => {
    const name = type.destinationNames.amplitude;
    return name === undefined ? [] : [[type.name, { name, isPrefix: type.namesArePrefixes }]];
  }),
);

/** The type's usual name at Amplitude; of custom events the prefix that they share. */
export function nameOf(eventType: string): string | undefined {
  return namings.get(eventType)?.name;
}

/**
 * What the event is called at Amplitude under these settings; undefined when Amplitude does not take its type.
 * The catalogue promises every custom event a name.
 */
export function eventNameOf(event: CatalogueEvent, settings: Settings): string | undefined {
  const naming = namings.get(event.event_type);
  if (naming === undefined) return undefined;
  if (naming.isPrefix) return `${naming.name}${event.properties['name'] as string}`;
  return settings.eventNames[event.event_type] ?? naming.name;
}
