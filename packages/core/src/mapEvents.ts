import type { Item } from '@currents/connector';
import type { CatalogueEvent } from '@currents/schema';
import { errorKind, type Line, type Seat } from './line.js';
import type { Track } from './track.js';

/** Maps the due events of one delivery. What is not sent is noted at once; an id that is on its way already is a duplicate. */
export function mapEvents(
  track: Track,
  events: readonly CatalogueEvent[],
  seats: Map<string, Seat>,
  eventBytes: number,
  { connector, settings }: Line,
): Item<unknown>[] {
  const items: Item<unknown>[] = [];
  for (const position of track.due) {
    const event = events[position] as CatalogueEvent;
    if (seats.has(event.id)) {
      track.skip(position, 'duplicate');
      continue;
    }
    let mapped;
    try {
      mapped = connector.map(event, settings);
    } catch (error) {
      track.bury(position, { outcome: 'rejected', code: 'map_threw', detail: `the connector failed on this event: ${errorKind(error)}` });
      continue;
    }
    if ('payload' in mapped) {
      const json = JSON.stringify(mapped.payload);
      const bytes = Buffer.byteLength(json);
      if (bytes > eventBytes) {
        const detail = `${connector.label} takes events of up to ${eventBytes} bytes; this one has ${bytes}`;
        track.bury(position, { outcome: 'rejected', code: 'event_too_large', detail });
        continue;
      }
      seats.set(event.id, { track, position });
      items.push({ id: event.id, payload: mapped.payload, json });
    } else if ('skip' in mapped) {
      track.skip(position, mapped.skip);
    } else {
      track.bury(position, { outcome: 'rejected', code: mapped.reject, detail: mapped.detail });
    }
  }
  return items;
}
