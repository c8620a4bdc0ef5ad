import type { ChannelDefinition } from '../definition.js';

const message = [
  'app_group_id',
  'app_id',
  'activity_id',
  'activity_attributes_type',
  'push_to_start_token',
  'update_token',
  'live_activity_event_type',
] as const;

export const liveActivity: ChannelDefinition = {
  channel: 'liveactivity',
  label: 'Live Activities',
  description: 'iOS Live Activities started, updated and ended from afar.',
  events: [
    {
      name: 'users.messages.liveactivity.Send',
      title: 'Live Activity Send',
      description: 'A Live Activity message was handed to the push service.',
      optional: message,
    },
    {
      name: 'users.messages.liveactivity.Outcome',
      title: 'Live Activity Outcome',
      description: 'The push service said what became of a Live Activity message.',
      optional: [...message, 'live_activity_event_outcome'],
    },
  ],
};
