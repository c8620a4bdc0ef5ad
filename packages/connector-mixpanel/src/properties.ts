import type { CatalogueEvent } from '@currents/schema';
import { fitted, freeProperties, isFree, maxMembers, tooMany } from './freeProperties.js';
import { insertIdOf } from './identity.js';
import type { Misfits } from './misfits.js';

type Properties = Readonly<Record<string, unknown>>;

/** Properties that the connector sets, and that no property of an event overrides. */
const ownNames: ReadonlySet<string> = new Set([
  ...['time', 'distinct_id', '$insert_id', '$partner_id', 'ip', 'mp_lib'],
  ...['device_id', '$device', '$os', 'card_id', 'productId'],
]);

/** Properties that are not sent to Mixpanel under their own name. */
const leftOut: ReadonlySet<string> = new Set([
  ...ownNames,
  // In the envelope.
  ...['id', 'user_id', 'external_user_id', 'timezone'],
  // Sent as `$device`, `$os` and `card_id`.
  ...['device_model', 'os_version', 'content_card_id'],
  // Not passed on to Mixpanel (Braze, event glossary, Mixpanel).
  ...['sending_ip', 'sdk_version', 'gender', 'country', 'language', 'canvas_step_message_variation_id'],
  // Reserved by Mixpanel (Mixpanel, default properties), or by JavaScript.
  ...['token', 'bucket', '__proto__'],
]);

/** The name of a custom event is the name of the event. */
const leftOutOfCustomEvents: ReadonlySet<string> = new Set([...leftOut, 'name']);

const customEvent = 'users.behaviors.CustomEvent';
const purchase = 'users.behaviors.Purchase';
/** Leaves room for the connector's own properties, and the lists of those left out and shortened. */
const maxCopied = maxMembers - ownNames.size - 2;
const dollar = 36;
const letterM = 109;

/**
 * The event's properties for Mixpanel, including the connector's own. Undefined members are not sent. Properties beyond
 * Mixpanel's limits are left out or shortened, and listed in `misfits`.
 */
export function propertiesOf(event: CatalogueEvent, distinctId: string, misfits: Misfits): Record<string, unknown> {
  const source = event.properties;
  // Spread first and set to undefined afterwards: the object keeps a layout that JSON.stringify serialises quickly.
  // Copying properties one by one takes half as long again to map and serialise.
  const properties = spread(event, distinctId, source, freeProperties(source, maxCopied, misfits));
  const names = event.event_type === customEvent ? leftOutOfCustomEvents : leftOut;
  let isOverridden = false;
  let count = 0;
  for (const key in source) {
    const value = source[key];
    if (names.has(key) || isReserved(key)) {
      properties[key] = undefined;
      isOverridden ||= ownNames.has(key);
    } else if (count === maxCopied) {
      properties[key] = undefined;
      misfits.unfit.push(tooMany(key));
    } else if (typeof value !== 'object') {
      count++;
    } else {
      properties[key] = value === null || isFree(key, value) ? undefined : fitted(key, value, misfits);
    }
  }
  if (isOverridden) Object.assign(properties, spread(event, distinctId));
  return properties;
}

/** The connector's own properties, overridden by the given ones. */
function spread(
  event: CatalogueEvent,
  distinctId: string,
  source?: Properties,
  free?: Properties,
): Record<string, unknown> {
  const { device_id, device_model, os_version, content_card_id, card_id, product_id, productId } = event.properties;
  return {
    // Always in milliseconds: Mixpanel recognises duplicates by the time, too (Mixpanel, Event deduplication).
    time: event.time * 1000,
    distinct_id: distinctId,
    $insert_id: insertIdOf(event.id),
    // Marks Braze's events (Mixpanel, Braze integration).
    $partner_id: 'braze',
    // Otherwise Mixpanel would locate every user at the hub (Mixpanel, Import Events reference, geolocation).
    ip: 0,
    mp_lib: 'currents',
    device_id: event.user.device_id ?? device_id ?? undefined,
    // Braze's names for them at Mixpanel: `$os` has the version (Braze, event glossary, Mixpanel).
    $device: device_model ?? undefined,
    $os: os_version ?? undefined,
    card_id: content_card_id ?? card_id ?? undefined,
    // Braze calls it a field of Mixpanel; it is a property, and `product_id` is sent, too.
    productId: (event.event_type === purchase ? product_id : productId) ?? undefined,
    ...source,
    ...free,
  };
}

/** Reserved by Mixpanel; some names change what happens to the event (`$ignore`, `$import`, `mp_original_…`). */
export function isReserved(key: string): boolean {
  const first = key.charCodeAt(0);
  return first === dollar || (first === letterM && key.startsWith('mp_'));
}
