import { createHash } from 'node:crypto';
import { findEventType } from '../catalogue.js';
import type { CatalogueEvent } from '../event.js';
import { properties, type PropertyName } from '../events/properties.js';
import { ingrid, stories } from './stories.js';

/** 24 September 2025, 08:00 UTC. */
const sampleTime = 1758700800;

/**
 * A plausible event of a type, with every property that the catalogue has for it. The same each time, and a new object
 * each time, so it may serve as a template. Throws when there is no such event type.
 */
export function sampleOf(eventTypeName: string): CatalogueEvent {
  const eventType = findEventType(eventTypeName);
  if (eventType === undefined) {
    throw new Error(`expected the name of an event type, got ${JSON.stringify(eventTypeName)}`);
  }

  const { user = ingrid, properties: own = {} } = stories[eventType.name] ?? {};
  const valueOf = (name: string) => own[name] ?? properties[name as PropertyName].sample;
  return structuredClone({
    event_type: eventType.name,
    id: uuidOf(eventType.name),
    time: sampleTime,
    user,
    properties: Object.fromEntries(eventType.properties.map(({ name }) => [name, valueOf(name)])),
  });
}

/** Stable, and of the shape that real ids have. */
function uuidOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
