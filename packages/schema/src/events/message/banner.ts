import type { ChannelDefinition } from '../definition.js';
import { abort, advertising, demographics, device, origin, stepMessage } from '../fragments.js';

const message = [
  ...origin,
  ...stepMessage,
  'canvas_step_message_variation_api_id',
  'banner_placement_id',
  'app_id',
  'sdk_version',
  ...device,
  'browser',
  'carrier',
  'resolution',
  ...advertising,
  ...demographics,
] as const;

export const banner: ChannelDefinition = {
  channel: 'banner',
  label: 'Banners',
  description: 'Banners in places the customer laid out.',
  events: [
    {
      name: 'users.messages.banner.Impression',
      title: 'Banner Impression',
      description: 'A banner was seen.',
      optional: [...message],
    },
    {
      name: 'users.messages.banner.Click',
      title: 'Banner Click',
      description: 'A banner or a button of it was tapped.',
      optional: [...message, 'button_id'],
    },
    {
      name: 'users.messages.banner.Dismiss',
      title: 'Banner Dismissal',
      description: 'A banner was dismissed.',
      optional: [...message, 'button_id'],
    },
    {
      name: 'users.messages.banner.Abort',
      title: 'Banner Abort',
      description: 'A banner was called off before it was shown.',
      optional: [...message, ...abort],
    },
  ],
};
