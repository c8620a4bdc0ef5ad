import type { EventProperty, PropertyType } from './eventType.js';

const personal = { personal: true } as const;

/** What every event has outside its `properties`, by path. */
export const envelope: readonly EventProperty[] = [
  required('event_type', 'string', 'Its kind: a name of the catalogue.'),
  required(
    'id',
    'string',
    'Identifies the event. A sender that repeats the event repeats its id, by which duplicates are found.',
  ),
  required('time', 'long', 'When it happened: Unix seconds, UTC. May lie far back, when a device was offline.'),
  optional('user.user_id', "The platform's own id of the user. Never an identity at a destination.", personal),
  optional('user.external_user_id', "The customer's id of the user; missing for anonymous users.", personal),
  optional('user.device_id', 'The device; stands for the user where there is no other id.', personal),
  optional('user.timezone', 'Time zone of the user, such as `Europe/Paris`.'),
];

function required(name: string, type: PropertyType, description: string): EventProperty {
  return { name, type, nullable: false, description };
}

function optional(name: string, description: string, facts?: typeof personal): EventProperty {
  return { name, type: 'string', nullable: true, description, ...facts };
}
