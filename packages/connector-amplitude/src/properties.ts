import { copyProperties, freePrefixes, setProperty } from '@currents/connector';
import { nestsBeyond, type CatalogueEvent } from '@currents/schema';

const NOT_SENT = '';

/** Where a property goes by another name, or nowhere (Braze, event glossary, the Amplitude tabs). The rest keep theirs. */
const wireNames: ReadonlyMap<string, string> = new Map([
  ['content_card_id', 'card_id'],
  ...[
    // What the envelope says already.
    ...['id', 'time', 'user_id', 'external_user_id', 'device_id', 'timezone'],
    // What the platform does not pass on to Amplitude.
    ...['sdk_version', 'gender', 'country', 'language'],
  ].map((name) => [name, NOT_SENT] as const),
]);

/** The name of a custom event is in its type already. */
const wireNamesOfCustomEvents: ReadonlyMap<string, string> = new Map([...wireNames, ['name', NOT_SENT]]);

const CUSTOM_EVENT = 'users.behaviors.CustomEvent';
/** The only type whose time zone Amplitude is told (Braze, event glossary). */
const GLOBAL_STATE_CHANGE = 'users.behaviors.subscription.GlobalStateChange';

/** Amplitude takes objects in 40 layers (HTTP V2 reference, limits), of which `event_properties` is the first. */
const maxLayers = 40;

/** What Amplitude has fields of its own for. Without a price it takes no product. */
export interface Sale {
  readonly price: number;
  readonly productId?: string;
}

export function saleOf({ price, product_id: productId }: CatalogueEvent['properties']): Sale | undefined {
  if (typeof price !== 'number' || !Number.isFinite(price)) return undefined;
  return typeof productId === 'string' && productId !== '' ? { price, productId } : { price };
}

/**
 * Adds the event's own properties, less what the sale says. Answers with the name of the property that nests deeper
 * than Amplitude takes, if one does: then the event cannot be sent.
 */
export function copyOwn(
  target: Record<string, unknown>,
  { event_type: eventType, properties, user }: CatalogueEvent,
  sale: Sale | undefined,
): string | undefined {
  const names = eventType === CUSTOM_EVENT ? wireNamesOfCustomEvents : wireNames;
  for (const key in properties) {
    const value = properties[key];
    if (value === null || value === undefined) continue;
    if (sale !== undefined && (key === 'price' || (key === 'product_id' && sale.productId !== undefined))) continue;
    const name = names.get(key) ?? key;
    if (name === NOT_SENT) continue;
    if (typeof value !== 'object') {
      setProperty(target, name, value);
    } else if (!copyNested(target, key, name, value)) {
      return key;
    }
  }
  if (eventType === GLOBAL_STATE_CHANGE && typeof user.timezone === 'string') target['timezone'] = user.timezone;
  return undefined;
}

/** Whether it could be: free properties come to lie flat among the others, so that their object is no layer. */
function copyNested(target: Record<string, unknown>, key: string, name: string, value: object): boolean {
  const prefix = freePrefixes.get(key);
  if (prefix === undefined || Array.isArray(value)) {
    if (nestsBeyond(maxLayers - 1, value)) return false;
    setProperty(target, name, value);
  } else {
    if (nestsBeyond(maxLayers, value)) return false;
    copyProperties(target, value as Readonly<Record<string, unknown>>, prefix);
  }
  return true;
}
