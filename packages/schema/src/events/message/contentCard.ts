import type { ChannelDefinition } from '../definition.js';
import { abort, advertising, device, origin, stepMessage, transmission } from '../fragments.js';

const message = [...origin, ...transmission] as const;
const shown = {
  required: ['content_card_id', 'app_id'],
  optional: [...message, ...device, ...advertising],
} as const;

export const contentCard: ChannelDefinition = {
  channel: 'contentcard',
  label: 'Content Cards',
  description: 'Cards that stay in the app until they are dismissed.',
  events: [
    {
      name: 'users.messages.contentcard.Send',
      title: 'Content Card Send',
      description: 'A Content Card was sent.',
      required: ['content_card_id'],
      optional: [...message, 'message_extras'],
    },
    {
      name: 'users.messages.contentcard.Impression',
      title: 'Content Card Impression',
      description: 'A Content Card was seen.',
      ...shown,
    },
    {
      name: 'users.messages.contentcard.Click',
      title: 'Content Card Click',
      description: 'A Content Card was tapped.',
      ...shown,
    },
    {
      name: 'users.messages.contentcard.Dismiss',
      title: 'Content Card Dismiss',
      description: 'A Content Card was dismissed.',
      ...shown,
    },
    {
      name: 'users.messages.contentcard.Abort',
      title: 'Content Card Abort',
      description: 'A Content Card was called off before it was sent.',
      optional: [...message, ...stepMessage, ...abort],
    },
  ],
};
