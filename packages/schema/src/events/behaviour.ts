import { channel, event, group } from './definition.js';
import { advertising, app, campaign, canvas, canvasStep, demographics, device, of, transmission } from './fragments.js';

const stateChange = of('state_change_source', 'channel', 'channel_identifier', 'email_address');
const pushToken = of('push_token', 'push_token_state_change_type', 'push_token_device_id');
const pushTokenTimes = of('push_token_created_at', 'push_token_updated_at');
const pushTokenFlags = of('push_token_provisionally_opted_in', 'push_token_foreground_push_disabled');
const webPushToken = of('web_push_token_user_auth', 'web_push_token_public_key', 'web_push_token_vapid_public_key');
const tokenChange = of('push_token_state_change_type', 'ios_push_token_apns_gateway');

export const behaviour = group('behaviour', 'Customer behaviour', 'What users do in the app or on the site.', [
  channel('custom_event', 'Custom events', 'Events that the customer named.', [
    event('users.behaviors.CustomEvent', 'Custom Event', 'The app or an API call logged an event of its own naming.', {
      required: ['name'],
      optional: [...app, ...device, ...advertising, 'custom_properties'],
      hasOwnName: true,
    }),
  ]),
  channel('purchase', 'Purchases', 'Products bought.', [
    event('users.behaviors.Purchase', 'Purchase', 'A product was bought; one event per product.', {
      required: ['product_id', 'price', 'currency'],
      optional: [...app, ...device, ...advertising, 'purchase_properties'],
    }),
  ]),
  channel('session', 'Sessions', 'The app opened and left.', [
    event(
      'users.behaviors.app.FirstSession',
      'First Session',
      'The first session ever; a Session Start comes with it.',
      {
        required: ['session_id', 'app_id'],
        optional: ['app_group_id', ...device],
        deprecatedProperties: [...demographics, 'sdk_version'],
      },
    ),
    event('users.behaviors.app.SessionStart', 'Session Start', 'A session began.', {
      required: ['session_id', 'app_id'],
      optional: ['app_group_id', ...device],
    }),
    event('users.behaviors.app.SessionEnd', 'Session End', 'A session ended.', {
      required: ['session_id', 'app_id'],
      optional: ['duration', 'app_group_id', ...device],
    }),
  ]),
  channel('location', 'Locations', 'Places recorded.', [
    event('users.behaviors.Location', 'Location', 'The place of the user was recorded.', {
      required: ['longitude', 'latitude', 'app_id'],
      optional: ['altitude', 'll_accuracy', 'alt_accuracy', 'app_group_id', ...device, ...advertising],
    }),
  ]),
  channel('attribution', 'Install attribution', 'Where installs came from.', [
    event('users.behaviors.InstallAttribution', 'Install Attribution', 'An install was traced to its source.', {
      required: ['source'],
      optional: ['app_group_id'],
    }),
  ]),
  channel('app', 'App', 'The app itself.', [
    event(
      'users.behaviors.Uninstall',
      'Uninstall',
      'The daily silent push found the app gone. The time is that of the finding, not of the removal.',
      { required: ['app_id'], optional: ['app_group_id'] },
    ),
  ]),
  channel('subscription', 'Subscriptions', 'Opting in and out.', [
    event(
      'users.behaviors.subscription.GlobalStateChange',
      'Global Subscription State Change',
      'A change of the global subscription state on a channel was asked for.',
      {
        required: ['subscription_status'],
        optional: [...stateChange, ...app, ...campaign, ...canvas, ...canvasStep, 'send_id'],
      },
    ),
    event(
      'users.behaviors.subscriptiongroup.StateChange',
      'Subscription Group State Change',
      'The state in one subscription group changed; groups exist for email, SMS, RCS and WhatsApp.',
      {
        required: ['subscription_group_id', 'subscription_status'],
        optional: [...stateChange, 'phone_number', ...app, ...campaign, ...canvas, ...canvasStep, ...transmission],
      },
    ),
  ]),
  channel('pushnotification', 'Push tokens', 'Tokens by which devices take push notifications.', [
    event(
      'users.behaviors.pushnotification.TokenStateChange',
      'Push Notification Token State Change',
      'A push token was added, changed or removed.',
      {
        optional: [
          ...app,
          'platform',
          'sdk_version',
          'time_ms',
          ...pushToken,
          ...pushTokenTimes,
          ...pushTokenFlags,
          'ios_push_token_apns_gateway',
          ...webPushToken,
        ],
      },
    ),
  ]),
  channel('liveactivity', 'Live Activity tokens', 'Tokens by which Live Activities are started and updated.', [
    event(
      'users.behaviors.liveactivity.PushToStartTokenChange',
      'Live Activity Push To Start Token Change',
      'A token that can start a Live Activity was added, changed or removed.',
      { optional: [...app, 'sdk_version', 'activity_attributes_type', 'push_to_start_token', ...tokenChange] },
    ),
    event(
      'users.behaviors.liveactivity.UpdateTokenChange',
      'Live Activity Update Token Change',
      'A token that can update a Live Activity was added, changed or removed.',
      { optional: [...app, 'sdk_version', 'activity_id', 'update_token', ...tokenChange] },
    ),
  ]),
  channel('newsfeed', 'News Feed', 'The News Feed, which the platform has withdrawn.', [
    event(
      'users.behaviors.app.NewsFeedImpression',
      'News Feed Impression',
      'The News Feed was shown. Withdrawn in favour of Content Cards.',
      { required: ['app_id'], optional: device, deprecated: true },
    ),
  ]),
]);
