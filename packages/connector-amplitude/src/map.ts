import { createEventNaming, isGiven, profileUpdate } from '@currents/connector';
import type { MapResult } from '@currents/connector';
import { nestsBeyond, type CatalogueEvent } from '@currents/schema';
import { deviceFieldsOf, type DeviceFields } from './device.js';
import { eventNames } from './eventNames.js';
import { isId } from './identity.js';
import { shortenLongLists } from './longLists.js';
import { identify, userPropertiesOf } from './profileUpdate.js';
import { copyOwn, maxLayers, saleOf } from './properties.js';
import type { Settings } from './settings.js';

/** One element of the list `events` (Amplitude, HTTP V2 reference, event keys). Ids are always strings. */
export interface AmplitudeEvent extends DeviceFields {
  readonly user_id?: string;
  readonly device_id?: string;
  readonly event_type: string;
  /** Unix milliseconds. */
  readonly time: number;
  readonly insert_id: string;
  readonly library: 'Braze';
  readonly event_properties: Readonly<Record<string, unknown>>;
  /** Operations, of an update of a profile alone. */
  readonly user_properties?: Readonly<Record<string, unknown>>;
  readonly price?: number;
  readonly productId?: string;
  readonly adid?: string;
  readonly idfa?: string;
}

export const reasons = {
  event_type_not_taken: 'Amplitude does not accept events of this type.',
  profile_updates_off: 'The Current does not send updates of profiles; its setting profileUpdates switches that on.',
  no_user_or_device_id: 'The event has neither an external user id nor a device id, and Amplitude needs one of them.',
  id_not_allowed: 'Amplitude refuses every id of the event: a placeholder such as "null", or too short or too long.',
  before_1970: 'The event is dated at or before the first second of 1970, which Amplitude does not accept as a time.',
  after_2100: 'The event is dated after the year 2100: its time is not in seconds, or a clock was wrong.',
  property_too_deep: 'A property holds lists or objects that nest deeper than the 40 layers that Amplitude accepts.',
} as const;

type Reason = keyof typeof reasons;

const naming = createEventNaming(eventNames);

export function nameOf(eventType: string): string | undefined {
  return eventType === profileUpdate ? identify : naming.nameOf(eventType);
}

/** 2101-01-01 UTC in Unix seconds. Amplitude checks earlier times by its clock. */
const endSecond = 4_133_980_800;

/** The id of a device whose user has declined advertising ids. */
const noAdId = '00000000-0000-0000-0000-000000000000';

type Draft = { -readonly [Key in keyof AmplitudeEvent]: AmplitudeEvent[Key] };

/**
 * The event in Amplitude's format: the user's external id, the device's id or both, the usual name, and all properties on
 * one level. Of two ids, one that Amplitude refuses is left out. A replayed event has no native device fields: they would
 * become properties of the user (HTTP V2 reference, event keys), and newer events may have set them since.
 */
export function map(event: CatalogueEvent, settings: Settings, isReplay = false): MapResult<AmplitudeEvent> {
  const isProfile = event.event_type === profileUpdate;
  if (isProfile && !settings.profileUpdates) return { skip: 'profile_updates_off' satisfies Reason };
  const name = isProfile ? identify : naming.nameFor(event, settings.eventNames);
  if (name === undefined) return { skip: 'event_type_not_taken' satisfies Reason };

  const { external_user_id: userId, device_id: deviceId } = event.user;
  const takesUser = isId(userId, settings.minIdLength);
  const takesDevice = isId(deviceId, settings.minIdLength);
  if (!takesUser && !takesDevice) {
    if (!isGiven(userId) && !isGiven(deviceId)) return { skip: 'no_user_or_device_id' satisfies Reason };
    return reject(
      'id_not_allowed',
      'expected an external_user_id or device_id that Amplitude accepts, got only ids that it refuses',
    );
  }
  if (event.time <= 0) return reject('before_1970', `time: expected Unix seconds above 0, got ${event.time}`);
  if (event.time >= endSecond) {
    return reject('after_2100', `time: expected Unix seconds before the year 2101, got ${event.time}`);
  }

  if (isProfile) {
    const userProperties = userPropertiesOf(event, isReplay);
    // The operation is a layer.
    if (nestsBeyond(maxLayers, userProperties))
      return reject('property_too_deep', 'custom_attributes: expected at most 38 layers of lists and objects');
    const ids = { ...(takesUser && { user_id: userId }), ...(takesDevice && { device_id: deviceId }) };
    const common = { event_type: name, time: event.time * 1000, insert_id: event.id, library: 'Braze' } as const;
    return { payload: { ...ids, ...common, event_properties: {}, user_properties: userProperties } };
  }

  const eventProperties: Record<string, unknown> = {};
  const sale = saleOf(event.properties);
  const tooDeep = copyOwn(eventProperties, event, sale);
  if (tooDeep !== undefined)
    return reject('property_too_deep', `${tooDeep}: expected at most 40 layers of lists and objects`);

  if (settings.longLists === 'shorten') shortenLongLists(eventProperties, settings);

  const payload: Draft = {
    event_type: name,
    time: event.time * 1000,
    insert_id: event.id,
    // Braze's own value (Braze, event glossary, the Amplitude tabs), by which charts may filter.
    library: 'Braze',
    event_properties: eventProperties,
  };
  if (takesUser) payload.user_id = userId;
  if (takesDevice) payload.device_id = deviceId;
  if (sale !== undefined) {
    payload.price = sale.price;
    if (sale.productId !== undefined) payload.productId = sale.productId;
  }
  addAdvertisingId(payload, event.properties);
  if (settings.nativeDeviceFields && !isReplay) Object.assign(payload, deviceFieldsOf(event.properties));
  return { payload };
}

function reject(reason: Reason, detail: string): MapResult<AmplitudeEvent> {
  return { reject: reason, detail };
}

function addAdvertisingId(payload: Draft, { ad_id: id, ad_id_type: type }: CatalogueEvent['properties']): void {
  if (typeof id !== 'string' || id === noAdId) return;
  if (type === 'google_ad_id') payload.adid = id;
  if (type === 'ios_idfa') payload.idfa = id;
}
