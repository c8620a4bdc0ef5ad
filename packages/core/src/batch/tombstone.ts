import type { CatalogueEvent } from '@currents/schema';

/** No sender's event: it has a user of some kind, or none that it could be delivered for. */
const tombstoneId = 'currents.user_deleted';

/**
 * Takes the place of an event whose user's data was deleted, so that positions and counts stay. It holds the type alone.
 * It has the form of an event without a user, which earlier releases skip or reject as such.
 */
export function tombstoneOf({ event_type }: CatalogueEvent): CatalogueEvent {
  return { event_type, id: tombstoneId, time: 0, user: {}, properties: {} };
}

export function isTombstone({ id, time }: CatalogueEvent): boolean {
  return id === tombstoneId && time === 0;
}

/** The reason with which events end that were pending when their user's data was deleted. */
export const userDeleted = 'user_deleted';
