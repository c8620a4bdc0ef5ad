import type { ChannelDefinition } from '../definition.js';
import { abort, advertising, device, origin, stepMessage, transmission } from '../fragments.js';

/** In-app messages are not transmitted, so `dispatch_id` is always null. */
const message = [...origin, ...transmission, ...device, ...advertising, 'card_id'] as const;

export const inAppMessage: ChannelDefinition = {
  channel: 'inappmessage',
  label: 'In-app messages',
  description: 'Messages shown inside the app.',
  events: [
    {
      name: 'users.messages.inappmessage.Impression',
      title: 'In-App Message Impression',
      description: 'An in-app message was seen.',
      required: ['app_id'],
      optional: [...message, 'locale_key', 'message_extras'],
    },
    {
      name: 'users.messages.inappmessage.Click',
      title: 'In-App Message Click',
      description: 'An in-app message or a button of it was tapped.',
      required: ['app_id'],
      optional: [...message, 'button_id'],
    },
    {
      name: 'users.messages.inappmessage.Abort',
      title: 'In-App Message Abort',
      description: 'An in-app message was called off before it was shown.',
      required: ['version'],
      optional: [...message, ...stepMessage, 'app_id', 'browser', 'carrier', 'resolution', ...abort],
    },
  ],
};
