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
  const free = freeOf(source);
  // Assigned to an empty object and set to undefined afterwards, it keeps a layout that JSON.stringify serialises quickly;
  // spread after another spread takes three times as long. Assigning `__proto__` would replace the prototype.
  const flat: Record<string, unknown> = Object.hasOwn(source, '__proto__')
    ? { ...own, ...source, ...free }
    : Object.assign({}, own, source, free);
  for (const name in source) {
    const value = source[name];
    if (isReserved(name) || value === null || (typeof value === 'object' && freePrefixes.has(name) && isRecord(value)))
      flat[name] = undefined;
  }
  for (const name in own) if (flat[name] !== own[name]) flat[name] = own[name];
  return flat;
}

function freeOf(source: Properties): Properties | undefined {
  let free: Record<string, unknown> | undefined;
  for (const [name, prefix] of freePrefixes) {
    const values = source[name];
    if (isRecord(values)) copyProperties((free ??= {}), values, prefix);
  }
  return free;
}
