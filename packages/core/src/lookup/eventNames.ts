import { QuestionRefused } from '../admin/page.js';
import { hasId } from './findEventPlaces.js';

/** Names of events: with both lists, an event has to be in both. */
export interface EventNames {
  /** Ids of events, as their sender set them; up to `maxNames`. */
  readonly eventIds?: readonly string[] | undefined;
  /** Ids of users, as external user id, device id or user id; up to `maxNames`. */
  readonly users?: readonly string[] | undefined;
}

/** Each name is looked up in every day that has something to find. */
export const maxNames = 10;
export const userKinds = ['externalUserId', 'deviceId', 'userId'] as const;

/** Whether there is a name. Throws `QuestionRefused` for too many. */
export function hasNames(names: EventNames): boolean {
  for (const key of ['eventIds', 'users'] as const) {
    const count = names[key]?.length ?? 0;
    if (count > maxNames) throw new QuestionRefused(`${key}: expected up to ${maxNames} ids, got ${count}`);
  }
  return names.eventIds !== undefined || names.users !== undefined;
}

/** Whether an event, or whatever else was sent, has the names. */
export function isNamed(value: unknown, { eventIds, users }: EventNames): boolean {
  const isEvent = eventIds?.some((id) => hasId(value, { kind: 'eventId', id })) ?? true;
  return isEvent && (users?.some((id) => userKinds.some((kind) => hasId(value, { kind, id }))) ?? true);
}
