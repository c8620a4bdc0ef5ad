import type { ChannelDefinition } from '../definition.js';
import { abort, advertising, demographics, device, origin, retry, stepMessage, transmission } from '../fragments.js';

const message = [...origin, ...transmission] as const;

export const push: ChannelDefinition = {
  channel: 'pushnotification',
  label: 'Push notifications',
  description: 'From the hand-over to the push service to the tap.',
  events: [
    {
      name: 'users.messages.pushnotification.Send',
      title: 'Push Notification Send',
      description: 'A push was handed to the push service.',
      required: ['app_id', 'platform'],
      optional: [...message, ...advertising, 'push_token', 'locale_key', 'message_extras'],
    },
    {
      name: 'users.messages.pushnotification.Open',
      title: 'Push Notification Open',
      description: 'The user tapped a push or one of its buttons, a closing one included.',
      required: ['app_id'],
      optional: [...message, ...stepMessage, ...device, ...advertising, 'button_action_type', 'button_string'],
    },
    {
      name: 'users.messages.pushnotification.IosForeground',
      title: 'Push Notification iOS Foreground Open',
      description: 'A push came to an iOS app that was open. Only the Objective-C SDK reports it, as deprecated.',
      required: ['app_id', 'platform'],
      optional: [...message, 'os_version', 'device_model', ...advertising],
      deprecated: true,
    },
    {
      name: 'users.messages.pushnotification.Bounce',
      title: 'Push Notification Bounce',
      description: 'The push service refused a push.',
      required: ['app_id'],
      optional: [...message, 'platform', ...advertising, 'push_token'],
    },
    {
      name: 'users.messages.pushnotification.Retry',
      title: 'Push Notification Retry',
      description: 'A push that could not be sent is tried again.',
      required: ['platform'],
      optional: [...message, ...stepMessage, 'app_id', ...retry, ...demographics],
    },
    {
      name: 'users.messages.pushnotification.Abort',
      title: 'Push Notification Abort',
      description: 'A push was called off before it was sent.',
      required: ['platform'],
      optional: [...message, ...stepMessage, 'app_id', ...abort],
    },
  ],
};
