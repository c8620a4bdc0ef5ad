import type { GroupDefinition } from './definition.js';
import { abort, campaign as campaignOrigin, transmission } from './fragments.js';

export const campaign: GroupDefinition = {
  group: 'campaign',
  label: 'Campaigns',
  description: 'What happens in a campaign, whatever channel its messages use.',
  channels: [
    {
      channel: 'campaign',
      label: 'Campaigns',
      description: 'Conversions, control groups and aborts of campaigns.',
      events: [
        {
          name: 'users.campaigns.Abort',
          title: 'Campaign Abort',
          description: 'A scheduled campaign message was not sent. Newer platforms report it per channel instead.',
          optional: ['app_group_id', ...campaignOrigin, 'canvas_id', ...transmission, ...abort],
          aliases: ['users_campaigns_abort'],
        },
        {
          name: 'users.campaigns.Conversion',
          title: 'Campaign Conversion Event',
          description: 'The user did what the campaign counts as a conversion.',
          required: ['campaign_id'],
          optional: [
            'campaign_name',
            'message_variation_id',
            'message_variation_name',
            'conversion_behavior_index',
            'conversion_behavior',
            'app_group_id',
            'app_id',
            ...transmission,
          ],
        },
        {
          name: 'users.campaigns.EnrollInControl',
          title: 'Campaign Control Group Enrollment',
          description: 'The user fell into the control group of a campaign; there is no send event then.',
          required: ['campaign_id'],
          optional: [
            'campaign_name',
            'message_variation_id',
            'message_variation_name',
            'app_group_id',
            'app_id',
            ...transmission,
          ],
        },
      ],
    },
  ],
};
