import { catalogue } from '@currents/schema';
import type { CatalogueEvent } from '@currents/schema';
import type { Settings } from './settings.js';

interface Naming {
  readonly name: string;
  readonly isPrefix: boolean;
}

const namings: ReadonlyMap<string, Naming> = new Map(
  catalogue.flatMap((type) => {
    const name = type.destinationNames.mixpanel;
    return name === undefined ? [] : [[type.name, { name, isPrefix: type.namesArePrefixes }]];
  }),
);

/** The type's usual name at Mixpanel; of custom events the prefix that they share. */
export function nameOf(eventType: string): string | undefined {
  return namings.get(eventType)?.name;
}

/** What the event is called at Mixpanel under these settings; undefined when Mixpanel does not take its type. */
export function eventNameOf(event: CatalogueEvent, settings: Settings): string | undefined {
  const naming = namings.get(event.event_type);
  if (naming === undefined) return undefined;
  if (naming.isPrefix) return naming.name + String(event.properties['name']);
  return settings.eventNames[event.event_type] ?? naming.name;
}
