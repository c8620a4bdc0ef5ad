import { catalogue, findEventType } from './catalogue.js';
import { maxLevels, nestsBeyond } from './depth.js';
import type { EventType, PropertyType } from './eventType.js';
import { isRecord, kindOf, refuse, type Refusal } from './refusal.js';

/** In characters. */
const maxIdLength = 255;
/** Later than the year 5138 in seconds, and any day since 1973 in milliseconds. */
const maxTime = 1e11;

/** What the check needs of an event type, laid out for speed. */
interface Expected {
  readonly eventType: EventType;
  readonly types: ReadonlyMap<string, PropertyType>;
  /** Properties that are anything but strings: the only ones in which a string is wrong. */
  readonly notStrings: readonly string[];
  readonly needsName: boolean;
}

const expectations: readonly Expected[] = catalogue.map((eventType) => ({
  eventType,
  types: new Map(eventType.properties.map((property) => [property.name, property.type])),
  notStrings: eventType.properties.filter(({ type }) => type !== 'string').map(({ name }) => name),
  needsName: eventType.hasOwnName,
}));

const lowerCaseNames: ReadonlyMap<string, string> = new Map(
  catalogue.flatMap(({ name, aliases }) => [name, ...aliases].map((known) => [known.toLowerCase(), known] as const)),
);

/**
 * Returns the type of an event, or why the catalogue refuses it. Changes nothing and never throws. Unknown properties and
 * fields are accepted, because Braze may add them at any time; so are missing ones, and null counts as missing.
 * @param notes receives whether digits of a number may be lost, if the event is accepted.
 */
export function checkEvent(value: unknown, notes?: { mayLoseDigits: boolean }): EventType | Refusal {
  if (!isRecord(value)) return refuse('not_an_object', `expected an event, an object, got ${kindOf(value)}`);

  const { event_type: name, id, time } = value;
  if (typeof name !== 'string') {
    return refuse('missing_event_type', `expected the name of an event type, got ${kindOf(name)}`, 'event_type');
  }
  const eventType = findEventType(name);
  if (eventType === undefined) return refuse('unknown_event_type', describeUnknown(name), 'event_type');

  if (typeof id !== 'string') {
    const code = id === undefined || id === null ? 'missing_id' : 'bad_id';
    return refuse(code, `expected a string that is not empty, got ${kindOf(id)}`, 'id');
  }
  if (id === '') return refuse('missing_id', 'expected a string that is not empty, got an empty string', 'id');
  if (id.length > maxIdLength) {
    return refuse('bad_id', `expected at most ${maxIdLength} characters, got ${id.length}`, 'id');
  }
  // Ids are stored as text, and a text in PostgreSQL cannot contain NUL (PostgreSQL, Character Types).
  if (id.includes('\0')) return refuse('bad_id', 'expected a string without NUL characters, got one with a NUL', 'id');

  if (typeof time !== 'number' || !Number.isInteger(time)) {
    return refuse('bad_time', `expected Unix seconds, a whole number, got ${kindOf(time)}`, 'time');
  }
  if (time > maxTime || time < -maxTime) {
    const detail = 'expected Unix seconds, got a number so large that it looks like milliseconds';
    return refuse('time_in_milliseconds', detail, 'time');
  }

  return (
    checkUser(value['user']) ??
    checkProperties(value['properties'], expectations[eventType.index]!) ??
    checkDepth(value, notes) ??
    eventType
  );
}

function checkUser(user: unknown): Refusal | undefined {
  if (user === undefined || user === null) return undefined;
  if (!isRecord(user)) return refuse('bad_user', `expected an object, got ${kindOf(user)}`, 'user');
  const { user_id, external_user_id, device_id, timezone } = user;
  if (isText(external_user_id) && isText(user_id) && isText(device_id) && isText(timezone)) return undefined;
  const field = ['external_user_id', 'user_id', 'device_id', 'timezone'].find((key) => !isText(user[key]))!;
  return refuse('bad_user', `expected a string, got ${kindOf(user[field])}`, `user.${field}`);
}

function checkProperties(found: unknown, expected: Expected): Refusal | undefined {
  if (found !== undefined && found !== null && !isRecord(found)) {
    return refuse('bad_properties', `expected an object, got ${kindOf(found)}`, 'properties');
  }
  if (expected.needsName) {
    const name = found?.['name'];
    if (typeof name !== 'string' || name === '') {
      return refuse('missing_name', `expected a string that is not empty, got ${kindOf(name)}`, 'properties.name');
    }
  }
  if (found === undefined || found === null) return undefined;

  // Nearly all properties are strings, and should be. So only other values are looked up, and strings only where wrong.
  for (const name in found) {
    const value = found[name];
    if (typeof value === 'string' || value === null) continue;
    const propertyType = expected.types.get(name);
    if (propertyType !== undefined && !fits(value, propertyType)) return wrongType(name, propertyType, value);
  }
  for (const name of expected.notStrings) {
    const value = found[name];
    if (typeof value === 'string') return wrongType(name, expected.types.get(name)!, value);
  }
  return undefined;
}

function fits(value: unknown, propertyType: PropertyType): boolean {
  switch (propertyType) {
    case 'string':
      return value === undefined;
    case 'boolean':
      return typeof value === 'boolean' || value === undefined;
    case 'int':
    case 'long':
      return Number.isInteger(value) || value === undefined;
    case 'float':
      return Number.isFinite(value) || value === undefined;
    case 'string[]':
      return value === undefined || (Array.isArray(value) && value.every(isText));
    case 'object':
      return value === undefined || isRecord(value);
  }
}

const typeNames: Readonly<Record<PropertyType, string>> = {
  string: 'a string',
  boolean: 'a boolean',
  int: 'a whole number',
  long: 'a whole number',
  float: 'a number',
  'string[]': 'a list of strings',
  object: 'an object',
};

function wrongType(name: string, propertyType: PropertyType, value: unknown): Refusal {
  const got = propertyType === 'string[]' && Array.isArray(value) ? 'a list that holds something else' : kindOf(value);
  return refuse('wrong_type', `expected ${typeNames[propertyType]}, got ${got}`, `properties.${name}`);
}

function checkDepth(value: Readonly<Record<string, unknown>>, notes?: { mayLoseDigits: boolean }): Refusal | undefined {
  if (!nestsBeyond(maxLevels, value, notes)) return undefined;
  return refuse('too_deep', `expected at most ${maxLevels} levels of lists and objects, got more`);
}

function describeUnknown(name: string): string {
  if (name === '') return 'expected the name of an event type, got an empty string';
  const known = lowerCaseNames.get(name.toLowerCase());
  const hint = known === undefined ? '' : `; the catalogue spells it "${known}"`;
  return `unknown event type ${JSON.stringify(name.slice(0, 100))}${hint}`;
}

/** A string, or missing. */
function isText(value: unknown): boolean {
  return typeof value === 'string' || value === undefined || value === null;
}
