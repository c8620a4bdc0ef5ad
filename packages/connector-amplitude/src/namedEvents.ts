import { redact } from '@currents/connector';
import type { Item, SendOutcome } from '@currents/connector';
import type { AmplitudeEvent } from './map.js';

type Items = readonly Item<AmplitudeEvent>[];
type Body = Readonly<Record<string, unknown>>;

/**
 * The outcomes of the events that a 400 or a 429 names, by their index in the request. Of several events at fault
 * Amplitude may name only the first (HTTP V2 reference, 400).
 */
export function readNamedEvents(
  body: Body,
  items: Items,
  { waitMs, secrets }: { readonly waitMs: number; readonly secrets: readonly string[] },
): ReadonlyMap<number, SendOutcome> {
  const named = readThrottled(body, items, waitMs);
  for (const place of readSilenced(body, items)) named.set(place, silenced);
  for (const { list, code, complaint } of complaints) {
    for (const [field, places] of Object.entries(body[list] ?? {})) {
      for (const place of placesIn(places, items)) {
        const quoted = redact(field, { secrets, payloads: [items[place]?.payload] });
        named.set(place, { outcome: 'rejected', code, detail: `${complaint}: ${quoted}` });
      }
    }
  }
  return named;
}

/** HTTP V2 reference, 400. */
const complaints = [
  { list: 'events_with_invalid_id_lengths', code: 'id_too_short', complaint: 'Amplitude requires a longer id' },
  { list: 'events_with_invalid_fields', code: 'field_invalid', complaint: 'Amplitude refuses the value' },
  { list: 'events_with_missing_fields', code: 'field_missing', complaint: 'Amplitude requires a missing field' },
] as const;

const silenced: SendOutcome = {
  outcome: 'rejected',
  code: 'device_silenced',
  detail: 'Amplitude is set to accept nothing from this device',
};

function readSilenced(body: Body, items: Items): ReadonlySet<number> {
  const places = new Set(placesIn(body['silenced_events'], items));
  const devices = idsIn(body['silenced_devices']);
  items.forEach(({ payload }, place) => {
    if (payload.device_id !== undefined && devices.has(payload.device_id)) places.add(place);
  });
  return places;
}

/** The quota counts the events of 24 hours in steps of an hour; Batch Event Upload reference, 429. */
const quotaWaitMs = 3_600_000;

interface Ids {
  readonly users: Set<string>;
  readonly devices: Set<string>;
}

/** All events of a throttled user or device wait, listed or not, so that a user's events keep their order. */
function readThrottled(body: Body, items: Items, waitMs: number): Map<number, SendOutcome> {
  const overQuota = {
    users: idsIn(body['exceeded_daily_quota_users']),
    devices: idsIn(body['exceeded_daily_quota_devices']),
  };
  const tooFast = { users: idsIn(body['throttled_users']), devices: idsIn(body['throttled_devices']) };
  // Amplitude assigns a device id to an event without one, and may throttle that device.
  const unexplained = isEmpty(tooFast) && !isEmpty(overQuota) ? overQuota : tooFast;
  for (const place of placesIn(body['throttled_events'], items)) {
    const payload = items[place]?.payload;
    if (payload !== undefined && !ownerIn(overQuota, payload) && !ownerIn(tooFast, payload))
      addIds(unexplained, payload);
  }
  const named = new Map<number, SendOutcome>();
  items.forEach(({ payload }, place) => {
    const quota = ownerIn(overQuota, payload);
    const pace = ownerIn(tooFast, payload);
    if (quota !== undefined) named.set(place, quotaUsedUp(quota));
    else if (pace !== undefined) named.set(place, tooFastFor(pace, waitMs));
  });
  return named;
}

type Owner = 'user' | 'device';

function quotaUsedUp(budget: Owner): SendOutcome {
  const detail = `Amplitude has received the 500,000 events that it accepts of one ${budget} in 24 hours`;
  return { outcome: 'deferred', code: 'daily_quota', detail, afterMs: quotaWaitMs, scope: 'key', budget };
}

function tooFastFor(budget: Owner, afterMs: number): SendOutcome {
  const detail = `Amplitude has received more events per second than it accepts of one ${budget}`;
  return { outcome: 'deferred', code: 'throttled', detail, afterMs, scope: 'key', budget };
}

function isEmpty({ users, devices }: Ids): boolean {
  return users.size === 0 && devices.size === 0;
}

/** Whether an event's user or device is among the ids. */
function ownerIn({ users, devices }: Ids, { user_id: user, device_id: device }: AmplitudeEvent): Owner | undefined {
  if (device !== undefined && devices.has(device)) return 'device';
  return user !== undefined && users.has(user) ? 'user' : undefined;
}

function addIds({ users, devices }: Ids, { user_id: user, device_id: device }: AmplitudeEvent): void {
  if (user !== undefined) users.add(user);
  if (device !== undefined) devices.add(device);
}

/** The ids in a list, or in an object of ids and counts. */
function idsIn(value: unknown): Set<string> {
  return new Set(Array.isArray(value) ? value.filter((id) => typeof id === 'string') : Object.keys(value ?? {}));
}

/** The numbers in a list that are indexes in the request. */
function placesIn(value: unknown, items: Items): number[] {
  if (!Array.isArray(value)) return [];
  return (value as readonly number[]).filter((index) => Number.isInteger(index) && index >= 0 && index < items.length);
}
