import type { ChannelDefinition } from '../definition.js';
import { abort, device } from '../fragments.js';

const shown = { required: ['card_id', 'app_id'], optional: device } as const;

export const newsFeed: ChannelDefinition = {
  channel: 'newsfeed',
  label: 'News Feed cards',
  description: 'Cards of the News Feed, which the platform has withdrawn.',
  events: [
    {
      name: 'users.messages.newsfeedcard.Impression',
      title: 'News Feed Card Impression',
      description: 'A News Feed card was seen. Withdrawn in favour of Content Cards.',
      ...shown,
      deprecated: true,
    },
    {
      name: 'users.messages.newsfeedcard.Click',
      title: 'News Feed Card Click',
      description: 'A News Feed card was tapped. Withdrawn in favour of Content Cards.',
      ...shown,
      deprecated: true,
    },
    {
      name: 'users.messages.newsfeedcard.Abort',
      title: 'News Feed Card Abort',
      description: 'A News Feed card was called off. Withdrawn in favour of Content Cards.',
      optional: [
        'app_group_id',
        'app_id',
        'card_id',
        'campaign_name',
        'message_variation_name',
        'canvas_name',
        'canvas_variation_name',
        'canvas_step_name',
        ...device,
        'browser',
        'carrier',
        'resolution',
        ...abort,
      ],
      deprecated: true,
    },
  ],
};
