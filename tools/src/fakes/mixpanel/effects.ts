import { createHash } from 'node:crypto';
import type { StoredEvent } from '../ledger.js';
import { isLongerThan } from './checkValues.js';
import type { Findings } from './checkRecord.js';

/** What Mixpanel makes of a record besides keeping it; copied out of the findings, which the next record overwrites. */
export interface Effects {
  readonly cut: readonly string[];
  readonly emptied: readonly string[];
  readonly overwritesTime: boolean;
  readonly lacksDistinctId: boolean;
  readonly geo: Findings['geo'];
}

/** The event as Mixpanel keeps it. */
export function effectiveEvent(
  record: Readonly<Record<string, unknown>>,
  effects: Effects,
  hot: boolean,
  nowMs: number,
  address: string,
): Pick<StoredEvent, 'event' | 'altered'> {
  const sent = record['properties'] as Readonly<Record<string, unknown>>;
  const properties = cutStrings(sent, effects.cut.length > 0) as Record<string, unknown>;
  for (const path of effects.emptied) properties[path.slice('properties.'.length)] = null;
  if (effects.overwritesTime) properties['time'] = nowMs;
  if (effects.lacksDistinctId) properties['distinct_id'] = personOf(address);
  // A made-up place: what matters is whether the event got one.
  if (effects.geo !== 'none')
    Object.assign(properties, { $city: 'Fakeville', $region: 'Fakeshire', mp_country_code: 'XX' });
  delete properties['ip'];
  const name = cutStrings(record['event'], true);
  if (!hot) return { event: { event: name, properties }, altered: [...effects.cut, ...effects.emptied] };
  const renamed = {
    ...properties,
    distinct_id: '',
    mp_original_event_name: name,
    mp_original_distinct_id: properties['distinct_id'],
  };
  return { event: { event: '$hotshard_events', properties: renamed }, altered: [...effects.cut, ...effects.emptied] };
}

/** The person Mixpanel makes up for an event that names none. */
export function personOf(address: string): string {
  return createHash('sha256').update(address).digest('hex').slice(0, 32);
}

function cutStrings(value: unknown, deep: boolean): unknown {
  if (typeof value === 'string') return isLongerThan(value, 255) ? cutAt(value, 255) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return deep ? value.map((item) => cutStrings(item, true)) : value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, deep ? cutStrings(inner, true) : inner]));
}

/** The longest start of a text that fits, ending between two characters. */
function cutAt(text: string, bytes: number): string {
  const encoded = Buffer.from(text, 'utf8');
  let end = bytes;
  while (((encoded[end] ?? 0) & 0xc0) === 0x80) end--;
  return encoded.subarray(0, end).toString('utf8');
}
