import { createEventNaming, isGiven, profileUpdate, type MapResult } from '@currents/connector';
import type { CatalogueEvent } from '@currents/schema';
import { eventNames } from './eventNames.js';
import { refusalOfId } from './identity.js';
import { reportMisfits, startMisfits } from './misfits.js';
import { mapProfileUpdate, setOperation, type ProfileUpdate } from './profileUpdate.js';
import { propertiesOf } from './properties.js';
import type { Settings } from './settings.js';

/** One element of the list that `/import` accepts. It may have no other keys. */
export interface ImportEvent {
  readonly event: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What `/import` accepts, or `/engage`. */
export type Payload = ImportEvent | ProfileUpdate;

export const reasons = {
  event_type_not_taken: 'Mixpanel does not accept events of this type.',
  profile_updates_off: 'The Current does not send updates of profiles; its setting profileUpdates switches that on.',
  profile_unchanged: 'The update of the profile changes nothing that is sent to Mixpanel.',
  no_external_user_id: 'The event has no external user id, and events of unknown users are not sent to Mixpanel.',
  before_2010: 'The event is dated before 2010-01-01 UTC, and Mixpanel removes such events on import.',
  after_2100: 'The event is dated after the year 2100: its time is not in seconds, or a clock was wrong.',
  distinct_id_not_allowed: 'The external user id is one that Mixpanel refuses, such as "null" or "unknown".',
  distinct_id_too_long: 'The external user id is longer than 255 bytes, and Mixpanel would cut it and mix users up.',
  too_many_properties:
    'The event has more than the 254 properties that Mixpanel accepts, or the update of a profile more than 2,000.',
  property_too_deep: 'A property holds lists that nest deeper than the three levels that Mixpanel accepts.',
  property_too_long: 'A property holds a list or an object of more than the 254 members that Mixpanel accepts.',
  property_too_large:
    'A property is a list or an object of more than the 8 KB that Mixpanel accepts, or 256 KB of a profile.',
} as const;

const naming = createEventNaming(eventNames);

export function nameOf(eventType: string): string | undefined {
  return eventType === profileUpdate ? setOperation : naming.nameOf(eventType);
}

/** 2010-01-01 UTC in Unix seconds. Mixpanel removes events from before (Braze, Mixpanel for Currents). */
const firstSecond = 1_262_304_000;
/** 2101-01-01 UTC in Unix seconds. Mixpanel checks earlier times by its clock. */
const endSecond = 4_133_980_800;

/** The event in Mixpanel's format: the user's external id, the usual name, and all properties on one level. */
export function map(event: CatalogueEvent, settings: Settings, isReplay = false): MapResult<Payload> {
  const name = naming.nameFor(event, settings.eventNames);
  if (name === undefined) {
    if (event.event_type === profileUpdate) return mapProfileUpdate(event, settings, isReplay);
    return { skip: 'event_type_not_taken' };
  }

  const distinctId = event.user.external_user_id;
  if (!isGiven(distinctId)) return { skip: 'no_external_user_id' };
  if (event.time < firstSecond) return { skip: 'before_2010' };
  if (event.time >= endSecond) {
    return { reject: 'after_2100', detail: 'time: expected Unix seconds before the year 2101, got a later time' };
  }
  const refusal = refusalOfId(distinctId);
  if (refusal !== undefined) return refusal;

  const misfits = startMisfits(settings);
  const properties = propertiesOf(event, distinctId, misfits);
  return reportMisfits(properties, misfits, settings) ?? { payload: { event: name, properties } };
}
