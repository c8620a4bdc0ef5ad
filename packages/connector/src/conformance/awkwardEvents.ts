import { catalogue, checkEvent, sampleOf } from '@currents/schema';
import type { CatalogueEvent } from '@currents/schema';
import { setProperty } from '../copyProperties.js';

/** The catalogue accepts at most 100 levels. */
const maxDepth = 90;
const oddIds = [
  '0',
  'null',
  'with blanks in it',
  'ü'.repeat(60),
  'a'.repeat(255),
  '00000000-0000-0000-0000-000000000000',
];
const oddTimes = [0, 1, -1, 1_262_303_999, 4_102_444_800, 253_402_300_800, 100_000_000_000];

/** Event types whose samples are varied: the two with free properties of their own, and one without. */
export const bentTypes = ['users.behaviors.CustomEvent', 'users.behaviors.Purchase', 'users.messages.email.Open'];

/** The sample of every event type, and unusual variations of a few that the catalogue accepts. */
export function allEvents(): CatalogueEvent[] {
  const bent = bentTypes.flatMap((type) => bend(sampleOf(type)));
  return [
    ...catalogue.map((type) => sampleOf(type.name)),
    ...bent.filter((event) => !('refused' in checkEvent(event))),
  ];
}

function bend(event: CatalogueEvent): CatalogueEvent[] {
  const properties = Object.entries(event.properties);
  const range = Array.from({ length: 600 }, (_, index) => index);
  return [
    ...[
      {},
      { user_id: null, external_user_id: null, device_id: null, timezone: null },
      { device_id: 'only-a-device' },
      ...oddIds.map((id) => ({ ...event.user, external_user_id: id })),
    ].map((user) => ({ ...event, user })),
    ...[
      properties.filter(([key]) => key === 'name'),
      properties.map(([key, value]) => [key, key === 'name' ? value : null] as const),
    ].map((entries) => ({ ...event, properties: Object.fromEntries(entries) })),
    ...[
      deepProperties(),
      Object.fromEntries(range.map((index) => [`key ${index}`, index])),
      { list: range, text: 'long '.repeat(10_000) },
    ].map((free) => withFreeProperties(event, free)),
    ...oddIds.map((id) => ({ ...event, id })),
    ...oddTimes.map((time) => ({ ...event, time })),
  ];
}

/** The event with these free properties: beside its own, or in the object that exists for them. */
export function withFreeProperties(event: CatalogueEvent, free: Readonly<Record<string, unknown>>): CatalogueEvent {
  const key = freeObjectOf(event.event_type);
  const properties: Record<string, unknown> = { ...event.properties };
  if (key !== undefined) properties[key] = free;
  else
    for (const [name, value] of Object.entries(free))
      if (!Object.hasOwn(properties, name)) setProperty(properties, name, value);
  return { ...event, properties };
}

function freeObjectOf(eventType: string): string | undefined {
  if (eventType === 'users.behaviors.CustomEvent') return 'custom_properties';
  return eventType === 'users.behaviors.Purchase' ? 'purchase_properties' : undefined;
}

function deepProperties(): Record<string, unknown> {
  let list: unknown = 'bottom';
  let object: unknown = 'bottom';
  for (let depth = 0; depth < maxDepth; depth++) {
    list = [list];
    object = { deeper: object };
  }
  return { list, object };
}
