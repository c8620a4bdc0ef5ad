import { catalogue, checkEvent, sampleOf } from '@currents/schema';
import type { CatalogueEvent } from '@currents/schema';
import { setProperty } from '../copyProperties.js';

/** The catalogue takes events of at most 100 levels. */
const DEEPEST = 90;
const ODD_IDS = [
  '0',
  'null',
  'with blanks in it',
  'ü'.repeat(60),
  'a'.repeat(255),
  '00000000-0000-0000-0000-000000000000',
];
const ODD_TIMES = [0, 1, -1, 1_262_303_999, 4_102_444_800, 253_402_300_800, 100_000_000_000];

/** The sample of every event type, and a few of them bent into shapes that nobody expects and the catalogue takes. */
export function allEvents(): CatalogueEvent[] {
  const bent = bentKinds.flatMap((type) => bend(sampleOf(type)));
  return [
    ...catalogue.map((type) => sampleOf(type.name)),
    ...bent.filter((event) => !('refused' in checkEvent(event))),
  ];
}

const bentKinds = ['users.behaviors.CustomEvent', 'users.behaviors.Purchase', 'users.messages.email.Open'];

function bend(event: CatalogueEvent): CatalogueEvent[] {
  const properties = Object.entries(event.properties);
  return [
    { ...event, user: {} },
    { ...event, user: { user_id: null, external_user_id: null, device_id: null, timezone: null } },
    { ...event, user: { device_id: 'only-a-device' } },
    { ...event, properties: Object.fromEntries(properties.filter(([key]) => key === 'name')) },
    {
      ...event,
      properties: Object.fromEntries(properties.map(([key, value]) => [key, key === 'name' ? value : null])),
    },
    withFreeProperties(event, deepProperties()),
    withFreeProperties(event, Object.fromEntries(Array.from({ length: 600 }, (_, index) => [`key ${index}`, index]))),
    withFreeProperties(event, { list: Array.from({ length: 600 }, (_, index) => index), text: 'long '.repeat(10_000) }),
    ...ODD_IDS.map((id) => ({ ...event, id })),
    ...ODD_IDS.map((id) => ({ ...event, user: { ...event.user, external_user_id: id } })),
    ...ODD_TIMES.map((time) => ({ ...event, time })),
  ];
}

/** The event with these properties where people may put any: beside its own, or in the object that is meant for them. */
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
  for (let depth = 0; depth < DEEPEST; depth++) {
    list = [list];
    object = { deeper: object };
  }
  return { list, object };
}
