import type { GroupDefinition } from './definition.js';
import { advertising, campaign, canvas, canvasStep, demographics, device, transmission } from './fragments.js';

export const behaviour: GroupDefinition = {
  group: 'behaviour',
  label: 'Customer behaviour',
  description: 'What users do in the app or on the site.',
  channels: [
    {
      channel: 'custom_event',
      label: 'Custom events',
      description: 'Events that the customer named.',
      events: [
        {
          name: 'users.behaviors.CustomEvent',
          title: 'Custom Event',
          description: 'The app or an API call logged an event of its own naming.',
          required: ['name'],
          optional: ['app_group_id', 'app_id', ...device, ...advertising, 'custom_properties'],
          destinationNames: { mixpanel: '[Braze Custom Event] ', amplitude: '[Appboy] [Custom Event] ' },
          namesArePrefixes: true,
        },
      ],
    },
    {
      channel: 'purchase',
      label: 'Purchases',
      description: 'Products bought.',
      events: [
        {
          name: 'users.behaviors.Purchase',
          title: 'Purchase',
          description: 'A product was bought; one event per product.',
          required: ['product_id', 'price', 'currency'],
          optional: ['app_group_id', 'app_id', ...device, ...advertising, 'purchase_properties'],
        },
      ],
    },
    {
      channel: 'session',
      label: 'Sessions',
      description: 'The app opened and left.',
      events: [
        {
          name: 'users.behaviors.app.FirstSession',
          title: 'First Session',
          description: 'The first session ever; a Session Start comes with it.',
          required: ['session_id', 'app_id'],
          optional: ['app_group_id', ...device],
          deprecatedProperties: [...demographics, 'sdk_version'],
        },
        {
          name: 'users.behaviors.app.SessionStart',
          title: 'Session Start',
          description: 'A session began.',
          required: ['session_id', 'app_id'],
          optional: ['app_group_id', ...device],
        },
        {
          name: 'users.behaviors.app.SessionEnd',
          title: 'Session End',
          description: 'A session ended.',
          required: ['session_id', 'app_id'],
          optional: ['duration', 'app_group_id', ...device],
        },
      ],
    },
    {
      channel: 'location',
      label: 'Locations',
      description: 'Places recorded.',
      events: [
        {
          name: 'users.behaviors.Location',
          title: 'Location',
          description: 'The place of the user was recorded.',
          required: ['longitude', 'latitude', 'app_id'],
          optional: ['altitude', 'll_accuracy', 'alt_accuracy', 'app_group_id', ...device, ...advertising],
        },
      ],
    },
    {
      channel: 'attribution',
      label: 'Install attribution',
      description: 'Where installs came from.',
      events: [
        {
          name: 'users.behaviors.InstallAttribution',
          title: 'Install Attribution',
          description: 'An install was traced to its source.',
          required: ['source'],
          optional: ['app_group_id'],
        },
      ],
    },
    {
      channel: 'app',
      label: 'App',
      description: 'The app itself.',
      events: [
        {
          name: 'users.behaviors.Uninstall',
          title: 'Uninstall',
          description: 'The daily silent push found the app gone. The time is that of the finding, not of the removal.',
          required: ['app_id'],
          optional: ['app_group_id'],
        },
      ],
    },
    {
      channel: 'subscription',
      label: 'Subscriptions',
      description: 'Opting in and out.',
      events: [
        {
          name: 'users.behaviors.subscription.GlobalStateChange',
          title: 'Global Subscription State Change',
          description: 'A change of the global subscription state on a channel was asked for.',
          required: ['subscription_status'],
          optional: [
            'state_change_source', 'channel', 'channel_identifier', 'email_address',
            'app_group_id', 'app_id', ...campaign, ...canvas, ...canvasStep, 'send_id',
          ],
        },
        {
          name: 'users.behaviors.subscriptiongroup.StateChange',
          title: 'Subscription Group State Change',
          description: 'The state in one subscription group changed; groups exist for email, SMS, RCS and WhatsApp.',
          required: ['subscription_group_id', 'subscription_status'],
          optional: [
            'state_change_source', 'channel', 'channel_identifier', 'email_address', 'phone_number',
            'app_group_id', 'app_id', ...campaign, ...canvas, ...canvasStep, ...transmission,
          ],
        },
      ],
    },
    {
      channel: 'pushnotification',
      label: 'Push tokens',
      description: 'Tokens by which devices take push notifications.',
      events: [
        {
          name: 'users.behaviors.pushnotification.TokenStateChange',
          title: 'Push Notification Token State Change',
          description: 'A push token was added, changed or removed.',
          optional: [
            'app_group_id', 'app_id', 'platform', 'sdk_version', 'time_ms',
            'push_token', 'push_token_state_change_type', 'push_token_device_id', 'push_token_created_at',
            'push_token_updated_at', 'push_token_provisionally_opted_in', 'push_token_foreground_push_disabled',
            'ios_push_token_apns_gateway',
            'web_push_token_user_auth', 'web_push_token_public_key', 'web_push_token_vapid_public_key',
          ],
        },
      ],
    },
    {
      channel: 'liveactivity',
      label: 'Live Activity tokens',
      description: 'Tokens by which Live Activities are started and updated.',
      events: [
        {
          name: 'users.behaviors.liveactivity.PushToStartTokenChange',
          title: 'Live Activity Push To Start Token Change',
          description: 'A token that can start a Live Activity was added, changed or removed.',
          optional: [
            'app_group_id', 'app_id', 'sdk_version', 'activity_attributes_type', 'push_to_start_token',
            'push_token_state_change_type', 'ios_push_token_apns_gateway',
          ],
        },
        {
          name: 'users.behaviors.liveactivity.UpdateTokenChange',
          title: 'Live Activity Update Token Change',
          description: 'A token that can update a Live Activity was added, changed or removed.',
          optional: [
            'app_group_id', 'app_id', 'sdk_version', 'activity_id', 'update_token',
            'push_token_state_change_type', 'ios_push_token_apns_gateway',
          ],
        },
      ],
    },
    {
      channel: 'newsfeed',
      label: 'News Feed',
      description: 'The News Feed, which the platform has withdrawn.',
      events: [
        {
          name: 'users.behaviors.app.NewsFeedImpression',
          title: 'News Feed Impression',
          description: 'The News Feed was shown. Withdrawn in favour of Content Cards.',
          required: ['app_id'],
          optional: [...device],
          deprecated: true,
        },
      ],
    },
  ],
};
