import { isObject } from '../strictJson.js';
import { isRefusedId, refusedByMixpanel } from '../refusedIds.js';
import type { MixpanelProfile } from './profile.js';
import { createValueCheck, isLongerThan, type ValueFindings } from './checkValues.js';

export interface Problem {
  readonly field: string;
  readonly message: string;
}

/** What one record came to. The same object is filled again for every record: take out what is to be kept. */
export interface Findings extends ValueFindings {
  /** Empty when the record is good; in the order in which Mixpanel would find them. */
  problems: Problem[];
  event: string;
  distinctId: string;
  insertId: string;
  /** As it was sent. */
  time: number;
  timeMs: number;
  /** The time was ahead and Mixpanel puts its own in. */
  overwritesTime: boolean;
  /** The person was not named and Mixpanel makes one up from the address. */
  lacksDistinctId: boolean;
  ignored: boolean;
  geo: 'none' | 'request' | 'property';
}

const earliestMs = Date.UTC(1971, 0, 1);
const hourMs = 3_600_000;
/** From here on a time is read as milliseconds: as seconds it would be the year 5138. */
const firstMilliseconds = 1e11;

const messages = {
  // Texts that real answers have shown: Mixpanel, Import Events reference and issues of its clients.
  event: "'event' must not be missing or blank",
  time: "'properties.time' is invalid: must be specified as seconds since epoch",
  insertIdText: "'$insert_id' is invalid: must only contain alphanumeric or hyphen '-' characters",
  // The rest is assumed.
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

/** The checks of one record under strict=1. `mayHoldIllFormedText` false saves looking at every string. */
export function createRecordCheck(
  profile: MixpanelProfile,
): (record: unknown, nowMs: number, mayHoldIllFormedText: boolean) => Findings {
  const found: Findings = {
    problems: [],
    event: '',
    distinctId: '',
    insertId: '',
    time: 0,
    timeMs: 0,
    overwritesTime: false,
    lacksDistinctId: false,
    ignored: false,
    geo: 'none',
    cut: [],
    emptied: [],
  };
  const checkValues = createValueCheck(profile.maxEventBytes);
  const fail = (field: string, message: string): void => void found.problems.push({ field, message });

  const checkTime = (time: unknown, nowMs: number): void => {
    found.overwritesTime = false;
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
    if (!isPlain(id)) return fail('$insert_id', messages.insertIdText);
    if (isRefusedId(id, refusedByMixpanel, profile.idCase === 'exact')) fail('$insert_id', messages.insertIdListed);
  };

  return (record, nowMs, mayHoldIllFormedText) => {
    if (found.problems.length > 0) found.problems = [];
    if (found.cut.length > 0) found.cut = [];
    if (found.emptied.length > 0) found.emptied = [];
    found.insertId = '';
    found.distinctId = '';
    found.ignored = false;
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

function isPlain(id: string): boolean {
  for (let at = 0; at < id.length; at++) {
    const code = id.charCodeAt(at);
    const plain =
      (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code === 45 || (code >= 65 && code <= 90);
    if (!plain) return false;
  }
  return true;
}

function geoOf(ip: unknown): Findings['geo'] {
  if (ip === undefined || ip === null) return 'request';
  return typeof ip === 'string' && ip !== '0' && ip !== '' ? 'property' : 'none';
}
