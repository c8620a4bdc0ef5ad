import { createEventNaming, createPlaceholderCheck, flatProperties, personEvents, uuidOf } from '@currents/connector';
import type { MapResult } from '@currents/connector';
import type { CatalogueEvent } from '@currents/schema';
import { eventNames, type Settings } from './settings.js';

export type PostHogEvent = Readonly<Record<string, unknown>>;

export const naming = createEventNaming(eventNames);

/** PostHog, person-merge-service.ts, and rust/capture/src/v1/analytics/constants.rs. */
const illegalIds = 'guest,distinctid,distinct_id,id,not_authenticated,email,true,false,nan,[object object]';
const droppedIds = 'backend,system,user,anonymous-user';
const isPlaceholder = createPlaceholderCheck(`${illegalIds},${droppedIds}`.split(','), { alsoQuoted: true });
/** PostHog cuts ids after 200 characters (rust/common/types/src/event.rs). */
const people = personEvents({ label: 'PostHog', naming, isPlaceholder, maxCharacters: 200 });
export const { reasons } = people;

/** `$` begins what has a meaning; `distinct_id` and `token` are read as if they stood beside the properties. */
const isReserved = (name: string): boolean => name.startsWith('$') || name === 'distinct_id' || name === 'token';
const isReservedOfCustom = (name: string): boolean => name === 'name' || isReserved(name);

export function map(event: CatalogueEvent, settings: Settings, isReplay = false): MapResult<PostHogEvent> {
  const person = people.read(event, settings.eventNames);
  if (!('userId' in person)) return person;
  const reserved = event.event_type === 'users.behaviors.CustomEvent' ? isReservedOfCustom : isReserved;
  const device_id = event.user.device_id ?? undefined;
  // Without `$geoip_disable`, PostHog would locate every user at the hub.
  const own = { $lib: 'currents', $geoip_disable: true, $process_person_profile: settings.personProfiles, device_id };
  const properties = flatProperties(event, own, reserved);
  const set = isReplay ? [] : settings.personProperties.filter((each) => properties[each] !== undefined);
  // PostHog recognises duplicates by the timestamp, too: it is always the same text.
  const timestamp = new Date(event.time * 1000).toISOString();
  const payload = { event: person.name, distinct_id: person.userId, uuid: uuidOf(event.id), timestamp, properties };
  if (set.length === 0) return { payload };
  return { payload: { ...payload, $set: Object.fromEntries(set.map((each) => [each, properties[each]])) } };
}
