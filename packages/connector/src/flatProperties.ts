import { isRecord } from '@currents/schema';
import type { CatalogueEvent } from '@currents/schema';
import { copyProperties } from './copyProperties.js';
import { freePrefixes } from './freePrefixes.js';

type Properties = Readonly<Record<string, unknown>>;

/**
 * An event's properties on one level: free ones with their prefixes, without null, and without those that the partner
 * reserves. `own` properties of the connector override all. Undefined members are not sent.
 */
export function flatProperties(
  { properties: source }: Pick<CatalogueEvent, 'properties'>,
  own: Properties,
  isReserved: (name: string) => boolean,
): Record<string, unknown> {
  const free: Record<string, unknown> = {};
  for (const [name, prefix] of freePrefixes) {
    const values = source[name];
    if (isRecord(values)) copyProperties(free, values, prefix);
  }
  // Spread first and set to undefined afterwards: the object keeps a layout that JSON.stringify serialises quickly.
  const flat: Record<string, unknown> = { ...source, ...free, ...own };
  for (const name in source) {
    const isLeftOut = source[name] === null || isReserved(name) || (freePrefixes.has(name) && isRecord(source[name]));
    if (isLeftOut && !Object.hasOwn(own, name)) flat[name] = undefined;
  }
  return flat;
}
