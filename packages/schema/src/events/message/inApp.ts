import { channel, event } from '../definition.js';
import {
  abort,
  advertising,
  app,
  demographics,
  device,
  of,
  origin,
  screen,
  stepMessage,
  transmitted,
} from '../fragments.js';

/** In-app messages are not transmitted, so `dispatch_id` is always null. */
const inAppProperties = [...transmitted, ...device, ...advertising, 'card_id'] as const;

export const inAppMessage = channel('inappmessage', 'In-app messages', 'Messages shown inside the app.', [
  event('users.messages.inappmessage.Impression', 'In-App Message Impression', 'An in-app message was seen.', {
    required: ['app_id'],
    optional: [...inAppProperties, 'locale_key', 'message_extras'],
  }),
  event(
    'users.messages.inappmessage.Click',
    'In-App Message Click',
    'An in-app message or a button of it was tapped.',
    { required: ['app_id'], optional: [...inAppProperties, 'button_id'] },
  ),
  event(
    'users.messages.inappmessage.Abort',
    'In-App Message Abort',
    'An in-app message was called off before it was shown.',
    { required: ['version'], optional: [...inAppProperties, ...stepMessage, 'app_id', ...screen, ...abort] },
  ),
]);

const cardShown = {
  required: ['content_card_id', 'app_id'],
  optional: [...transmitted, ...device, ...advertising],
} as const;

export const contentCard = channel(
  'contentcard',
  'Content Cards',
  'Cards that stay in the app until they are dismissed.',
  [
    event('users.messages.contentcard.Send', 'Content Card Send', 'A Content Card was sent.', {
      required: ['content_card_id'],
      optional: [...transmitted, 'message_extras'],
    }),
    event('users.messages.contentcard.Impression', 'Content Card Impression', 'A Content Card was seen.', cardShown),
    event('users.messages.contentcard.Click', 'Content Card Click', 'A Content Card was tapped.', cardShown),
    event('users.messages.contentcard.Dismiss', 'Content Card Dismiss', 'A Content Card was dismissed.', cardShown),
    event(
      'users.messages.contentcard.Abort',
      'Content Card Abort',
      'A Content Card was called off before it was sent.',
      { optional: [...transmitted, ...stepMessage, ...abort] },
    ),
  ],
);

const bannerProperties = [
  ...origin,
  ...stepMessage,
  'canvas_step_message_variation_api_id',
  'banner_placement_id',
  'app_id',
  'sdk_version',
  ...device,
  ...screen,
  ...advertising,
  ...demographics,
] as const;

export const banner = channel('banner', 'Banners', 'Banners in places the customer laid out.', [
  event('users.messages.banner.Impression', 'Banner Impression', 'A banner was seen.', { optional: bannerProperties }),
  event('users.messages.banner.Click', 'Banner Click', 'A banner or a button of it was tapped.', {
    optional: [...bannerProperties, 'button_id'],
  }),
  event('users.messages.banner.Dismiss', 'Banner Dismissal', 'A banner was dismissed.', {
    optional: [...bannerProperties, 'button_id'],
  }),
  event('users.messages.banner.Abort', 'Banner Abort', 'A banner was called off before it was shown.', {
    optional: [...bannerProperties, ...abort],
  }),
]);

export const featureFlag = channel('featureflag', 'Feature flags', 'Feature flag experiments.', [
  event(
    'users.messages.featureflag.Impression',
    'Feature Flag Experiment Impression',
    'The user met a feature that is under experiment.',
    {
      optional: [
        ...origin,
        ...stepMessage,
        'feature_flag_id_name',
        'app_id',
        'sdk_version',
        ...device,
        ...screen,
        ...demographics,
      ],
    },
  ),
]);

const originNames = of(
  'campaign_name',
  'message_variation_name',
  'canvas_name',
  'canvas_variation_name',
  'canvas_step_name',
);
const feedShown = { required: ['card_id', 'app_id'], optional: device } as const;

export const newsFeed = channel(
  'newsfeed',
  'News Feed cards',
  'Cards of the News Feed, which the platform has withdrawn.',
  [
    event(
      'users.messages.newsfeedcard.Impression',
      'News Feed Card Impression',
      'A News Feed card was seen. Withdrawn in favour of Content Cards.',
      { ...feedShown, deprecated: true },
    ),
    event(
      'users.messages.newsfeedcard.Click',
      'News Feed Card Click',
      'A News Feed card was tapped. Withdrawn in favour of Content Cards.',
      { ...feedShown, deprecated: true },
    ),
    event(
      'users.messages.newsfeedcard.Abort',
      'News Feed Card Abort',
      'A News Feed card was called off. Withdrawn in favour of Content Cards.',
      { optional: [...app, 'card_id', ...originNames, ...device, ...screen, ...abort], deprecated: true },
    ),
  ],
);
