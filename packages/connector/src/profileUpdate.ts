import { isRecord, type CatalogueEvent } from '@currents/schema';
import { setProperty } from './copyProperties.js';
import { readJson } from './readJson.js';

/** The event type of an update of a user's profile. */
export const profileUpdate = 'users.profile.Update';

/** Precedes the names of attributes, which customers choose. */
const attributePrefix = '[Custom attribute] ';

/** About the update and not about the user. */
const leftOut: ReadonlySet<string> = new Set([
  ...['time_ms', 'update_source', 'app_group_id', 'app_id', 'archived'],
  // In the envelope.
  ...['id', 'time', 'user_id', 'external_user_id', 'device_id', 'timezone'],
]);

/** What an update of a profile changes about the user: its properties, and custom attributes behind a prefix. */
export function changesOfProfile({ properties }: CatalogueEvent): Record<string, unknown> {
  const changed: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || leftOut.has(name)) continue;
    const attributes = name === 'custom_attributes' && typeof value === 'string' ? readJson(value) : undefined;
    if (isRecord(attributes)) {
      for (const [key, attribute] of Object.entries(attributes)) setProperty(changed, attributePrefix + key, attribute);
    } else setProperty(changed, name, value);
  }
  return changed;
}
