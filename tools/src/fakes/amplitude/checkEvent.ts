import { isRefusedId, refusedByAmplitude } from '../refusedIds.js';
import { isObject } from '../strictJson.js';
import { keyRules, reservedEventTypes } from './eventKeys.js';
import type { EventProblems } from './eventProblems.js';
import type { AmplitudeProfile } from './profile.js';

export type UploadEvent = Readonly<Record<string, unknown>>;

/** Violations that a correct client avoids and Amplitude accepts, counted over a request. */
export type UploadMarks = ReturnType<typeof createMarks>;

export function createMarks() {
  return {
    noInsertId: 0,
    noTime: 0,
    timeInSeconds: 0,
    unknownTopLevelKey: 0,
    clientUploadTime: 0,
    remoteIp: 0,
    cutStrings: 0,
  };
}

/** The ids of the event, without an id that was too short. */
export interface CheckedIds {
  readonly userId: string | undefined;
  readonly deviceId: string | undefined;
  readonly insertId: string | undefined;
  /** Whether a string of the event is longer than the stored maximum. */
  readonly cut: boolean;
}

/** A value below this is accepted as a time, although it must be in seconds. */
const firstMilliseconds = 1e11;

/** Checks one event, and adds its faults to `problems` under its index. */
export function createEventCheck(
  profile: AmplitudeProfile,
  minIdLength: number,
  problems: EventProblems,
  marks: UploadMarks,
): (event: UploadEvent, index: number) => CheckedIds {
  const checkId = (event: UploadEvent, field: 'user_id' | 'device_id', index: number): string | undefined => {
    const id = event[field];
    if (id === undefined || id === null) return undefined;
    if (typeof id !== 'string' || isRefusedId(id, refusedByAmplitude)) problems.note('invalid', field, index);
    else if (id.length >= minIdLength) return id;
    else if (profile.shortId === 'reject' || lacksOther(event, field, minIdLength))
      problems.note('length', field, index);
    return undefined;
  };

  const checkTime = (time: unknown, index: number): void => {
    if (time === undefined || time === null) marks.noTime++;
    else if (typeof time !== 'number' || !Number.isInteger(time) || time <= 0) problems.note('invalid', 'time', index);
    else if (time < firstMilliseconds) marks.timeInSeconds++;
  };

  const checkKey = (event: UploadEvent, key: string, index: number): void => {
    const rule = keyRules.get(key);
    if (rule === undefined) marks.unknownTopLevelKey++;
    else if (rule !== true && event[key] !== null && !rule(event[key])) problems.note('invalid', key, index);
  };

  return (event, index) => {
    const type = event['event_type'];
    if (type === undefined || type === null || type === '') problems.note('missing', 'event_type', index);
    else if (typeof type !== 'string') problems.note('invalid', 'event_type', index);
    else if (profile.reservedEventTypes === 'reject' && reservedEventTypes.has(type))
      problems.note('invalid', 'event_type', index);

    const userId = checkId(event, 'user_id', index);
    const deviceId = checkId(event, 'device_id', index);
    if (isAbsent(event['user_id']) && isAbsent(event['device_id']))
      problems.note('missing', profile.missingIdField, index);
    checkTime(event['time'], index);

    for (const key in event) checkKey(event, key, index);
    const priced = !isAbsent(event['price']) || !isAbsent(event['revenue']);
    const product = !isAbsent(event['productId']) || !isAbsent(event['revenueType']);
    if (product && !priced && profile.productWithoutPrice === 'reject') problems.note('missing', 'price', index);

    const insertId = event['insert_id'];
    if (isAbsent(insertId)) marks.noInsertId++;
    if (event['ip'] === '$remote') marks.remoteIp++;
    if ('client_upload_time' in event) marks.clientUploadTime++;
    let cutStrings = 0;
    for (const field of ['event_properties', 'user_properties', 'groups', 'group_properties']) {
      const properties = event[field];
      if (!isObject(properties)) continue;
      const cut = countLongStrings(properties, 1);
      if (cut < 0) problems.note('invalid', field, index);
      else cutStrings += cut;
    }
    marks.cutStrings += cutStrings;
    return { userId, deviceId, insertId: typeof insertId === 'string' ? insertId : undefined, cut: cutStrings > 0 };
  };
}

/** Whether the event has no other id. */
function lacksOther(event: UploadEvent, field: 'user_id' | 'device_id', minIdLength: number): boolean {
  const other = event[field === 'user_id' ? 'device_id' : 'user_id'];
  return typeof other !== 'string' || other.length < minIdLength || isRefusedId(other, refusedByAmplitude);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

// Amplitude, HTTP V2 API: 40 layers, strings of 1024 characters.
const deepest = 40;
const maxString = 1024;

/** The number of nested strings above the stored maximum, or -1 when the object is nested too deeply. */
function countLongStrings(value: object, depth: number): number {
  if (depth > deepest) return -1;
  let cut = 0;
  for (const key in value) {
    const inner = (value as Record<string, unknown>)[key];
    if (typeof inner === 'string') {
      if (inner.length > maxString) cut++;
    } else if (typeof inner === 'object' && inner !== null) {
      const deeper = countLongStrings(inner, depth + 1);
      if (deeper < 0) return -1;
      cut += deeper;
    }
  }
  return cut;
}

/** The value with every string truncated as Amplitude stores it. */
export function cutStrings(value: unknown): unknown {
  if (typeof value === 'string') return value.length > maxString ? value.slice(0, maxString) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(cutStrings);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cutStrings(inner)]));
}
