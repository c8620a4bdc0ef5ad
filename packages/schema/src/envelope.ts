import type { EventProperty } from './eventType.js';

/** What every event carries outside its `properties`, by path. The types of the catalogue do not repeat it. */
export const envelope: readonly EventProperty[] = [
  { name: 'event_type', type: 'string', nullable: false, description: 'Its kind: a name of the catalogue.' },
  {
    name: 'id',
    type: 'string',
    nullable: false,
    description: 'Identifies the event. A sender that repeats the event repeats its id, by which duplicates are found.',
  },
  {
    name: 'time',
    type: 'long',
    nullable: false,
    description: 'When it happened: Unix seconds, UTC. May lie far back, when a device was offline.',
  },
  {
    name: 'user.user_id',
    type: 'string',
    nullable: true,
    personal: true,
    description: "The platform's own id of the user. Never an identity at a destination.",
  },
  {
    name: 'user.external_user_id',
    type: 'string',
    nullable: true,
    personal: true,
    description: "The customer's id of the user; missing for anonymous users.",
  },
  {
    name: 'user.device_id',
    type: 'string',
    nullable: true,
    personal: true,
    description: 'The device; stands for the user where there is no other id.',
  },
  {
    name: 'user.timezone',
    type: 'string',
    nullable: true,
    description: 'Time zone of the user, such as `Europe/Paris`.',
  },
];
