import { createEventNaming, isGiven, shortenedProperty, type MapResult } from '@currents/connector';
import type { CatalogueEvent } from '@currents/schema';
import { eventNames } from './eventNames.js';
import { isDisallowed } from './identity.js';
import type { Misfits, Unfit } from './freeProperties.js';
import { propertiesOf } from './properties.js';
import type { Settings } from './settings.js';

/** One element of the list that `/import` accepts. It may have no other keys. */
export interface ImportEvent {
  readonly event: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

export const reasons = {
  event_type_not_taken: 'Mixpanel does not accept events of this type.',
  no_external_user_id: 'The event has no external user id, and events of unknown users are not sent to Mixpanel.',
  before_2010: 'The event is dated before 2010-01-01 UTC, and Mixpanel removes such events on import.',
  after_2100: 'The event is dated after the year 2100: its time is not in seconds, or a clock was wrong.',
  distinct_id_not_allowed: 'The external user id is one that Mixpanel refuses, such as "null" or "unknown".',
  distinct_id_too_long: 'The external user id is longer than 255 bytes, and Mixpanel would cut it and mix users up.',
  too_many_properties: 'The event has more than the 254 properties that Mixpanel accepts.',
  property_too_deep: 'A property holds lists that nest deeper than the three levels that Mixpanel accepts.',
  property_too_long: 'A property holds a list or an object of more than the 254 members that Mixpanel accepts.',
  property_too_large: 'A property is a list or an object of more than the 8 KB that Mixpanel accepts.',
} as const;

export const naming = createEventNaming(eventNames);

/** 2010-01-01 UTC in Unix seconds. Mixpanel removes events from before (Braze, Mixpanel for Currents). */
const firstSecond = 1_262_304_000;
/** 2101-01-01 UTC in Unix seconds. Mixpanel checks earlier times by its clock. */
const endSecond = 4_133_980_800;
/** Mixpanel cuts strings after 255, without saying whether bytes or characters (Import Events reference, limits). */
const maxIdBytes = 255;

/** Lists in Mixpanel the properties that were left out. */
const leftOutProperty = 'currents_left_out';
const maxNames = 20;
const maxNameLength = 100;

/** The event in Mixpanel's format: the user's external id, the usual name, and all properties on one level. */
export function map(event: CatalogueEvent, settings: Settings): MapResult<ImportEvent> {
  const name = naming.nameFor(event, settings.eventNames);
  if (name === undefined) return { skip: 'event_type_not_taken' };

  const distinctId = event.user.external_user_id;
  if (!isGiven(distinctId)) return { skip: 'no_external_user_id' };
  if (event.time < firstSecond) return { skip: 'before_2010' };
  if (event.time >= endSecond) {
    return { reject: 'after_2100', detail: 'time: expected Unix seconds before the year 2101, got a later time' };
  }
  if (isDisallowed(distinctId)) {
    return {
      reject: 'distinct_id_not_allowed',
      detail: 'external_user_id: Mixpanel refuses this id as a placeholder',
    };
  }
  if (distinctId.length > maxIdBytes / 3 && Buffer.byteLength(distinctId) > maxIdBytes) {
    return { reject: 'distinct_id_too_long', detail: `external_user_id: expected at most ${maxIdBytes} bytes` };
  }

  const misfits: Misfits = { unfit: [], shortened: settings.longLists === 'shorten' ? [] : undefined };
  const { unfit, shortened } = misfits;
  const properties = propertiesOf(event, distinctId, misfits);
  if (unfit.length > 0) {
    const { name: first, reason, detail } = unfit[0] as Unfit;
    if (settings.unfitProperties === 'reject')
      return { reject: reason, detail: `${first.slice(0, maxNameLength)}: ${detail}` };
    properties[leftOutProperty] = namesOf(unfit.map((property) => property.name));
  }
  if (shortened && shortened.length > 0) properties[shortenedProperty] = namesOf(shortened);
  return { payload: { event: name, properties } };
}

function namesOf(all: readonly string[]): string[] {
  const names = all.slice(0, maxNames).map((name) => name.slice(0, maxNameLength));
  return all.length > maxNames ? [...names, `and ${all.length - maxNames} more`] : names;
}
