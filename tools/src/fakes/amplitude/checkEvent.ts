import { isObject } from '../strictJson.js';
import type { EventProblems } from './eventProblems.js';
import { keyRules, reservedEventTypes } from './eventKeys.js';
import type { AmplitudeProfile } from './profile.js';
import { isRefusedId, refusedByAmplitude } from '../refusedIds.js';
import { walkProperties } from './walkProperties.js';

export type UploadEvent = Readonly<Record<string, unknown>>;

/** What a good client does not do and Amplitude bears with, counted over a request. */
export interface UploadMarks {
  noInsertId: number;
  noTime: number;
  timeInSeconds: number;
  unknownTopLevelKey: number;
  clientUploadTime: number;
  remoteIp: number;
  cutStrings: number;
}

/** What one event came to; filled again for every event. */
export interface CheckedEvent {
  /** Undefined when there is none, or when it was taken off for being too short. */
  userId: string | undefined;
  deviceId: string | undefined;
  insertId: string | undefined;
  cutStrings: number;
}

/** A value below this is read as a time too, although it must have been meant in seconds. */
const firstMilliseconds = 1e11;

/** The checks of one event; what is wrong goes to `problems` under its index. */
export function createEventCheck(
  profile: AmplitudeProfile,
  minIdLength: number,
  problems: EventProblems,
  marks: UploadMarks,
): (event: UploadEvent, index: number) => CheckedEvent {
  const checked: CheckedEvent = { userId: undefined, deviceId: undefined, insertId: undefined, cutStrings: 0 };

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

    checked.userId = checkId(event, 'user_id', index);
    checked.deviceId = checkId(event, 'device_id', index);
    if (isAbsent(event['user_id']) && isAbsent(event['device_id']))
      problems.note('missing', profile.missingIdField, index);
    checkTime(event['time'], index);

    for (const key in event) checkKey(event, key, index);
    const priced = !isAbsent(event['price']) || !isAbsent(event['revenue']);
    const product = !isAbsent(event['productId']) || !isAbsent(event['revenueType']);
    if (product && !priced && profile.productWithoutPrice === 'reject') problems.note('missing', 'price', index);

    const insertId = event['insert_id'];
    checked.insertId = typeof insertId === 'string' ? insertId : undefined;
    if (isAbsent(insertId)) marks.noInsertId++;
    if (event['ip'] === '$remote') marks.remoteIp++;
    if ('client_upload_time' in event) marks.clientUploadTime++;
    checked.cutStrings = 0;
    for (const field of ['event_properties', 'user_properties', 'groups', 'group_properties']) {
      const properties = event[field];
      if (!isObject(properties)) continue;
      const cut = walkProperties(properties);
      if (cut < 0) problems.note('invalid', field, index);
      else checked.cutStrings += cut;
    }
    marks.cutStrings += checked.cutStrings;
    return checked;
  };
}

/** Whether taking this id off would leave the event without any. */
function lacksOther(event: UploadEvent, field: 'user_id' | 'device_id', minIdLength: number): boolean {
  const other = event[field === 'user_id' ? 'device_id' : 'user_id'];
  return typeof other !== 'string' || other.length < minIdLength || isRefusedId(other, refusedByAmplitude);
}

export function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}
