import { isObject } from '../strictJson.js';
import { isRefusedId, refusedByMixpanel } from '../refusedIds.js';
import type { MixpanelProfile } from './profile.js';
import { createValueCheck, isLongerThan } from './checkValues.js';

export interface Problem {
  readonly field: string;
  readonly message: string;
}

/** The result of the checks of one record. */
export type Findings = ReturnType<typeof noFindings>;

function noFindings() {
  return {
    /** Empty for a valid record; in the order of Mixpanel's checks. */
    problems: [] as Problem[],
    event: '',
    distinctId: '',
    insertId: '',
    /** The record as received. */
    time: 0,
    timeMs: 0,
    /** The time was in the future, and Mixpanel replaces it with its own. */
    overwritesTime: false,
    /** The distinct_id was missing, and Mixpanel generates one from the IP address. */
    lacksDistinctId: false,
    ignored: false,
    geo: 'none' as 'none' | 'request' | 'property',
    /** Paths of strings that are truncated to 255 bytes. */
    cut: [] as string[],
    /** Paths of lists and objects that are dropped because they are larger than 8 KiB. */
    emptied: [] as string[],
  };
}

const earliestMs = Date.UTC(1971, 0, 1);
const hourMs = 3_600_000;
/** A time from here on is read as milliseconds: as seconds, it would be in the year 5138. */
const firstMilliseconds = 1e11;

const messages = {
  // Texts of real responses: Mixpanel, Import Events reference and issues of its clients.
  event: "'event' must not be missing or blank",
  time: "'properties.time' is invalid: must be specified as seconds since epoch",
  insertIdText: "'$insert_id' is invalid: must only contain alphanumeric or hyphen '-' characters",
  // The other texts are assumed.
  record: 'record is not an object',
  key: 'unknown field',
  properties: "'properties' must not be missing",
  distinctIdMissing: "'distinct_id' must not be missing",
  distinctId: "'distinct_id' is invalid",
  distinctIdListed: "'distinct_id' is invalid: disallowed value",
  insertIdMissing: "'$insert_id' must not be missing or blank",
  insertIdLength: "'$insert_id' is invalid: must be at most 36 bytes",
  insertIdListed: "'$insert_id' is invalid: disallowed value",
} as const;

/** The checks of one record with strict=1. `mayHoldIllFormedText`: false skips the check of every string. */
export function createRecordCheck(
  profile: MixpanelProfile,
): (record: unknown, nowMs: number, mayHoldIllFormedText: boolean) => Findings {
  let found = noFindings();
  const checkValues = createValueCheck(profile.maxEventBytes);
  const fail = (field: string, message: string): void => void found.problems.push({ field, message });

  const checkTime = (time: unknown, nowMs: number): void => {
    if (typeof time !== 'number' || !Number.isInteger(time)) return fail('properties.time', messages.time);
    found.time = time;
    found.timeMs = time >= firstMilliseconds ? time : time * 1000;
    if (found.timeMs < earliestMs) return fail('properties.time', messages.time);
    if (found.timeMs <= nowMs + hourMs) return;
    if (profile.future === 'reject') return fail('properties.time', messages.time);
    found.overwritesTime = true;
  };

  const checkDistinctId = (id: unknown): void => {
    found.lacksDistinctId = id === undefined && profile.missingDistinct === 'iphash';
    if (found.lacksDistinctId) return;
    if (id === undefined) return fail('properties.distinct_id', messages.distinctIdMissing);
    if (typeof id !== 'string' || isLongerThan(id, 255)) return fail('properties.distinct_id', messages.distinctId);
    if (isRefusedId(id, refusedByMixpanel, profile.idCase === 'exact'))
      return fail('properties.distinct_id', messages.distinctIdListed);
    found.distinctId = id;
  };

  const checkInsertId = (id: unknown): void => {
    if (typeof id !== 'string' || id.trim() === '') return fail('$insert_id', messages.insertIdMissing);
    found.insertId = id;
    if (isLongerThan(id, 36)) fail('$insert_id', messages.insertIdLength);
    if (!/^[\dA-Za-z-]*$/.test(id)) return fail('$insert_id', messages.insertIdText);
    if (isRefusedId(id, refusedByMixpanel, profile.idCase === 'exact')) fail('$insert_id', messages.insertIdListed);
  };

  return (record, nowMs, mayHoldIllFormedText) => {
    found = noFindings();
    if (!isObject(record)) {
      fail('', messages.record);
      return found;
    }
    if (profile.extraKeys === 'reject') {
      for (const key in record) if (key !== 'event' && key !== 'properties') fail(key, messages.key);
    }
    const event = record['event'];
    if (typeof event !== 'string' || event.trim() === '') fail('event', messages.event);
    else found.event = event;
    const properties = record['properties'];
    if (!isObject(properties)) {
      fail('properties', messages.properties);
      return found;
    }
    checkTime(properties['time'], nowMs);
    checkDistinctId(properties['distinct_id']);
    checkInsertId(properties['$insert_id']);
    checkValues(found.event, properties, mayHoldIllFormedText, found, fail);
    found.ignored = Boolean(properties['$ignore']);
    found.geo = geoOf(properties['ip']);
    return found;
  };
}

function geoOf(ip: unknown): Findings['geo'] {
  if (ip === undefined || ip === null) return 'request';
  return typeof ip === 'string' && ip !== '0' && ip !== '' ? 'property' : 'none';
}
