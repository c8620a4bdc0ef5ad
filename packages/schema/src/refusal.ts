import type { EventType } from './eventType.js';

/** Why the catalogue refuses an event: code → a sentence. */
export const refusalCodes = {
  not_an_object: 'Expected an event as a JSON object, got something else.',
  missing_event_type: 'The event does not say its event_type.',
  unknown_event_type: 'The catalogue has no such event type.',
  missing_id: 'The event has no id, or an empty one.',
  bad_id: 'The id is not a string, is longer than 255 characters or holds a NUL character.',
  bad_time: 'The time is missing or is not a whole number of Unix seconds.',
  time_in_milliseconds: 'The time looks like milliseconds; Unix seconds were expected.',
  bad_user: 'The user is not an object, or one of its ids is not a string.',
  bad_properties: 'The properties are not an object.',
  missing_name: 'A custom event needs a name of its own in properties.name.',
  wrong_type: 'A property has another type than the catalogue says.',
  too_deep: 'The event nests more than 100 levels deep.',
  malformed_json: 'The line is not JSON.',
  not_utf8: 'The event has bytes that are not UTF-8; replacing them could merge two users.',
  inexact_number:
    'A number has more digits than a 64-bit float holds, where a number is expected; elsewhere its digits are kept as text.',
  too_large: 'The event has more than 524,288 characters.',
} as const;

export type RefusalCode = keyof typeof refusalCodes;

export interface Refusal {
  readonly refused: true;
  readonly code: RefusalCode;
  /** What was expected, and the kind of value instead. Never contains a value of the event. */
  readonly detail: string;
  /** Path of the field at fault, such as `properties.price`. */
  readonly field?: string;
}

export function refuse(code: RefusalCode, detail: string, field?: string): Refusal {
  if (field === undefined) return { refused: true, code, detail };
  return { refused: true, code, detail: `${field}: ${detail}`, field };
}

/** Whether `checkEvent` refused the event. */
export function isRefusal(answer: EventType | Refusal): answer is Refusal {
  return 'refused' in answer;
}

/** The kind of a value, without its content: `a number`, `an empty string`, `null`. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return value.trim() === '' ? 'an empty string' : 'a string';
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return 'a number too large to keep';
    return Number.isInteger(value) ? 'a whole number' : 'a number with a fraction';
  }
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Whether a JSON value is an object, not a list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
