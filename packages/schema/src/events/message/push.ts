import { channel, event } from '../definition.js';
import { abort, advertising, app, demographics, device, retry, stepMessage, transmitted } from '../fragments.js';

export const push = channel(
  'pushnotification',
  'Push notifications',
  'From the hand-over to the push service to the tap.',
  [
    event('users.messages.pushnotification.Send', 'Push Notification Send', 'A push was handed to the push service.', {
      required: ['app_id', 'platform'],
      optional: [...transmitted, ...advertising, 'push_token', 'locale_key', 'message_extras'],
    }),
    event(
      'users.messages.pushnotification.Open',
      'Push Notification Open',
      'The user tapped a push or one of its buttons, a closing one included.',
      {
        required: ['app_id'],
        optional: [...transmitted, ...stepMessage, ...device, ...advertising, 'button_action_type', 'button_string'],
      },
    ),
    event(
      'users.messages.pushnotification.IosForeground',
      'Push Notification iOS Foreground Open',
      'A push came to an iOS app that was open. Only the Objective-C SDK reports it, as deprecated.',
      {
        required: ['app_id', 'platform'],
        optional: [...transmitted, 'os_version', 'device_model', ...advertising],
        deprecated: true,
      },
    ),
    event('users.messages.pushnotification.Bounce', 'Push Notification Bounce', 'The push service refused a push.', {
      required: ['app_id'],
      optional: [...transmitted, 'platform', ...advertising, 'push_token'],
    }),
    event(
      'users.messages.pushnotification.Retry',
      'Push Notification Retry',
      'A push that could not be sent is tried again.',
      { required: ['platform'], optional: [...transmitted, ...stepMessage, 'app_id', ...retry, ...demographics] },
    ),
    event(
      'users.messages.pushnotification.Abort',
      'Push Notification Abort',
      'A push was called off before it was sent.',
      { required: ['platform'], optional: [...transmitted, ...stepMessage, 'app_id', ...abort] },
    ),
  ],
);

const activity = [
  ...app,
  'activity_id',
  'activity_attributes_type',
  'push_to_start_token',
  'update_token',
  'live_activity_event_type',
] as const;

export const liveActivity = channel(
  'liveactivity',
  'Live Activities',
  'iOS Live Activities started, updated and ended from afar.',
  [
    event(
      'users.messages.liveactivity.Send',
      'Live Activity Send',
      'A Live Activity message was handed to the push service.',
      { optional: activity },
    ),
    event(
      'users.messages.liveactivity.Outcome',
      'Live Activity Outcome',
      'The push service said what became of a Live Activity message.',
      { optional: [...activity, 'live_activity_event_outcome'] },
    ),
  ],
);
