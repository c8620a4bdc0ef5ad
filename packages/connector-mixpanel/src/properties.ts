import type { CatalogueEvent } from '@currents/schema';
import { fitted, freeProperties, isFree, maxMembers, tooMany } from './freeProperties.js';
import type { Unfit } from './freeProperties.js';
import { insertIdOf } from './identity.js';

type Properties = Readonly<Record<string, unknown>>;

/** What the connector sets. No property of an event, whatever it is called, stands in for one of these. */
const ownNames: ReadonlySet<string> = new Set([
  ...['time', 'distinct_id', '$insert_id', '$partner_id', 'ip', 'mp_lib'],
  ...['device_id', '$device', '$os', 'card_id', 'productId'],
]);

/** Properties that do not go to Mixpanel under the name they came with. */
const leftOut: ReadonlySet<string> = new Set([
  ...ownNames,
  // Said by the envelope already.
  ...['id', 'user_id', 'external_user_id', 'timezone'],
  // Sent as `$device`, `$os` and `card_id`.
  ...['device_model', 'os_version', 'content_card_id'],
  // Not passed on to Mixpanel (Braze, event glossary, Mixpanel).
  ...['sending_ip', 'sdk_version', 'gender', 'country', 'language', 'canvas_step_message_variation_id'],
  // Taken by Mixpanel for its own (Mixpanel, default properties), or by JavaScript.
  ...['token', 'bucket', '__proto__'],
]);

/** A custom event's name is the event's name already. */
const leftOutOfCustomEvents: ReadonlySet<string> = new Set([...leftOut, 'name']);

const CUSTOM_EVENT = 'users.behaviors.CustomEvent';
const PURCHASE = 'users.behaviors.Purchase';
/** Room for the connector's own, and for the list of what was left out. */
const maxCopied = maxMembers - ownNames.size - 1;
const DOLLAR = 36;
const LETTER_M = 109;

/**
 * The event's properties as Mixpanel takes them, with the connector's own among them.
 * Members that are undefined are not sent. What Mixpanel would not take is left out and told in `unfit`.
 */
export function propertiesOf(
  event: CatalogueEvent,
  distinctId: string,
): { readonly properties: Record<string, unknown>; readonly unfit: readonly Unfit[] } {
  const source = event.properties;
  const unfit: Unfit[] = [];
  // Spread first and blanked afterwards, because the object then keeps the layout that JSON.stringify is quick with:
  // copied one by one, properties cost half as much again to map and serialise.
  const properties = spread(event, distinctId, source, freeProperties(source, maxCopied, unfit));
  const names = event.event_type === CUSTOM_EVENT ? leftOutOfCustomEvents : leftOut;
  let isOverridden = false;
  let count = 0;
  for (const key in source) {
    const value = source[key];
    if (names.has(key) || isMixpanels(key)) {
      properties[key] = undefined;
      isOverridden ||= ownNames.has(key);
    } else if (count === maxCopied) {
      properties[key] = undefined;
      unfit.push(tooMany(key));
    } else if (typeof value !== 'object') {
      count++;
    } else {
      properties[key] = value === null || isFree(key, value) ? undefined : fitted(key, value, unfit);
    }
  }
  if (isOverridden) Object.assign(properties, spread(event, distinctId));
  return { properties, unfit };
}

/** The connector's own properties, and over them whatever else is given. */
function spread(
  event: CatalogueEvent,
  distinctId: string,
  source?: Properties,
  free?: Properties,
): Record<string, unknown> {
  const { device_id, device_model, os_version, content_card_id, card_id, product_id, productId } = event.properties;
  return {
    // One unit for ever: the time is part of what Mixpanel knows duplicates by (Mixpanel, Event deduplication).
    time: event.time * 1000,
    distinct_id: distinctId,
    $insert_id: insertIdOf(event.id),
    // By this Mixpanel knows the platform's events (Mixpanel, Braze integration).
    $partner_id: 'braze',
    // Without it every user would live where this hub stands (Mixpanel, Import Events reference, geolocation).
    ip: 0,
    mp_lib: 'currents',
    device_id: event.user.device_id ?? device_id ?? undefined,
    // The platform's own names for them at Mixpanel: the version does go into `$os` (Braze, event glossary, Mixpanel).
    $device: device_model ?? undefined,
    $os: os_version ?? undefined,
    card_id: content_card_id ?? card_id ?? undefined,
    // Called a field of Mixpanel's by the platform; there it is a property like any other, and `product_id` goes along.
    productId: (event.event_type === PURCHASE ? product_id : productId) ?? undefined,
    ...source,
    ...free,
  };
}

/** Names that begin so are Mixpanel's; some change what happens to the event (`$ignore`, `$import`, `mp_original_…`). */
function isMixpanels(key: string): boolean {
  const first = key.charCodeAt(0);
  return first === DOLLAR || (first === LETTER_M && key.startsWith('mp_'));
}
