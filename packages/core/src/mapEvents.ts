import type { CatalogueEvent } from '@currents/schema';
import { errorKind, type Line } from './line.js';
import { Seated } from './seated.js';
import type { Track } from './track.js';

/**
 * Maps the due events of one delivery. What is not sent is noted at once. `ids` holds what is on its way already in
 * this attempt: an id that comes again is a duplicate.
 */
export function mapEvents(track: Track, events: readonly CatalogueEvent[], ids: Set<string>, eventBytes: number, { connector, settings }: Line): Seated[] {
  const items: Seated[] = [];
  for (const position of track.due) {
    const event = events[position] as CatalogueEvent;
    const { id } = event;
    if (ids.has(id)) {
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
      ids.add(id);
      items.push(new Seated(id, mapped.payload, json, bytes, track, position));
    } else if ('skip' in mapped) {
      track.skip(position, mapped.skip);
    } else {
      track.bury(position, { outcome: 'rejected', code: mapped.reject, detail: mapped.detail });
    }
  }
  return items;
}
