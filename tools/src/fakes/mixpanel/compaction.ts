import type { StoredEvent } from '../ledger.js';

/**
 * The view after Mixpanel's compaction: of the events with the same name, person and `$insert_id` on one UTC day it keeps
 * only the latest, even if their times differ. `idProperty` is the property with the source's event id.
 */
export function compact(view: readonly StoredEvent[], idProperty: string) {
  const latest = new Map<string, StoredEvent>();
  // Updates of profiles are no events.
  const events = view.filter(({ event }) => 'properties' in event);
  for (const copy of events) {
    const properties = copy.event['properties'] as Readonly<Record<string, unknown>>;
    const time = Number(properties['time']);
    const day = Math.floor((time >= 1e11 ? time : time * 1000) / 86_400_000);
    latest.set(
      JSON.stringify([copy.project, copy.event['event'], properties['distinct_id'], properties['$insert_id'], day]),
      copy,
    );
  }
  const sourceId = ({ event }: StoredEvent): string | undefined => {
    const id = (event['properties'] as Readonly<Record<string, unknown>>)[idProperty];
    return typeof id === 'string' ? id : undefined;
  };
  const kept = new Set([...latest.values()].map(sourceId));
  const lost = new Set(events.map(sourceId).filter((id): id is string => id !== undefined && !kept.has(id)));
  return {
    before: events.length,
    after: latest.size,
    /** The `idProperty` values that no event has after compaction: distinct events with the same identity. */
    lostIds: [...lost] as readonly string[],
  };
}
