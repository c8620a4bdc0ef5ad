import { isRecord, readJson, setProperty } from '@currents/connector';
import type { CatalogueEvent } from '@currents/schema';

export const profileUpdate = 'users.profile.Update';
/** Sets properties of the user and counts as no event (Amplitude, HTTP V2 reference, event_type). */
export const identify = '$identify';

/** Precedes the names of attributes, which customers choose. */
const attributePrefix = '[Custom attribute] ';

/** About the update and not about the user. */
const leftOut: ReadonlySet<string> = new Set([
  ...['time_ms', 'update_source', 'app_group_id', 'app_id', 'archived'],
  // In the envelope.
  ...['id', 'time', 'user_id', 'external_user_id', 'device_id', 'timezone'],
]);

/**
 * What an update of a profile changes about the user. A replayed update sets only what is not set: newer ones may have been
 * sent since (Amplitude, HTTP V2 reference, user_properties).
 */
export function userPropertiesOf(
  { properties }: CatalogueEvent,
  isReplay: boolean,
): Readonly<Record<string, Readonly<Record<string, unknown>>>> {
  const changed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || leftOut.has(name)) continue;
    const attributes = name === 'custom_attributes' && typeof value === 'string' ? readJson(value) : undefined;
    if (isRecord(attributes)) {
      for (const [key, attribute] of Object.entries(attributes)) setProperty(changed, attributePrefix + key, attribute);
    } else setProperty(changed, name, value);
  }
  return isReplay ? { $setOnce: changed } : { $set: changed };
}
