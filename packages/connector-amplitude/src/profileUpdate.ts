import { changesOfProfile } from '@currents/connector';
import type { CatalogueEvent } from '@currents/schema';

/** Sets properties of the user and counts as no event (Amplitude, HTTP V2 reference, event_type). */
export const identify = '$identify';

/**
 * What an update of a profile changes about the user. A replayed update sets only what is not set: newer ones may have been
 * sent since (Amplitude, HTTP V2 reference, user_properties).
 */
export function userPropertiesOf(
  event: CatalogueEvent,
  isReplay: boolean,
): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const changed = changesOfProfile(event);
  return isReplay ? { $setOnce: changed } : { $set: changed };
}
