import { copyProperties, freePrefixes, setProperty } from '@currents/connector';
import { nestsBeyond, type CatalogueEvent } from '@currents/schema';

const notSent = '';

/** Properties with another name, or not sent (Braze, event glossary, the Amplitude tabs). Others keep their name. */
const wireNames: ReadonlyMap<string, string> = new Map([
  ['content_card_id', 'card_id'],
  ...[
    // In the envelope.
    ...['id', 'time', 'user_id', 'external_user_id', 'device_id', 'timezone'],
    // Not passed on to Amplitude.
    ...['sdk_version', 'gender', 'country', 'language'],
  ].map((name) => [name, notSent] as const),
]);

/** The name of a custom event is in its type. */
const wireNamesOfCustomEvents: ReadonlyMap<string, string> = new Map([...wireNames, ['name', notSent]]);

const customEvent = 'users.behaviors.CustomEvent';
/** The only type that is sent with a time zone (Braze, event glossary). */
const globalStateChange = 'users.behaviors.subscription.GlobalStateChange';

/** Amplitude accepts 40 layers of objects (HTTP V2 reference, limits), of which `event_properties` is the first. */
export const maxLayers = 40;

/** In Amplitude's own fields. It accepts no product without a price. */
interface Sale {
  readonly price: number;
  readonly productId?: string;
}

export function saleOf({ price, product_id: productId }: CatalogueEvent['properties']): Sale | undefined {
  if (typeof price !== 'number' || !Number.isFinite(price)) return undefined;
  return typeof productId === 'string' && productId !== '' ? { price, productId } : { price };
}

/**
 * Adds the event's own properties, without those in `sale`. Returns the name of a property that has too many layers for
 * Amplitude, if there is one.
 */
export function copyOwn(
  target: Record<string, unknown>,
  { event_type: eventType, properties, user }: CatalogueEvent,
  sale: Sale | undefined,
): string | undefined {
  const names = eventType === customEvent ? wireNamesOfCustomEvents : wireNames;
  for (const key in properties) {
    const value = properties[key];
    if (value === null || value === undefined) continue;
    if (sale !== undefined && (key === 'price' || (key === 'product_id' && sale.productId !== undefined))) continue;
    const name = names.get(key) ?? key;
    if (name === notSent) continue;
    if (typeof value !== 'object') {
      setProperty(target, name, value);
    } else if (!copyNested(target, key, name, value)) {
      return key;
    }
  }
  if (eventType === globalStateChange && typeof user.timezone === 'string') target['timezone'] = user.timezone;
  return undefined;
}

/** False when it has too many layers. Free properties are put on the level of the others, so their object is no layer. */
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
