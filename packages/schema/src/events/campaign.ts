import { channel, event, group } from './definition.js';
import { abort, app, campaign as campaignOrigin, conversion, of, transmission } from './fragments.js';

const variation = of('campaign_name', 'message_variation_id', 'message_variation_name');

export const campaign = group(
  'campaign',
  'Campaigns',
  'What happens in a campaign, whatever channel its messages use.',
  [
    channel('campaign', 'Campaigns', 'Conversions, control groups and aborts of campaigns.', [
      event(
        'users.campaigns.Abort',
        'Campaign Abort',
        'A scheduled campaign message was not sent. Newer platforms report it per channel instead.',
        {
          optional: ['app_group_id', ...campaignOrigin, 'canvas_id', ...transmission, ...abort],
          aliases: ['users_campaigns_abort'],
        },
      ),
      event(
        'users.campaigns.Conversion',
        'Campaign Conversion Event',
        'The user did what the campaign counts as a conversion.',
        { required: ['campaign_id'], optional: [...variation, ...conversion, ...app, ...transmission] },
      ),
      event(
        'users.campaigns.EnrollInControl',
        'Campaign Control Group Enrollment',
        'The user fell into the control group of a campaign; there is no send event then.',
        { required: ['campaign_id'], optional: [...variation, ...app, ...transmission] },
      ),
    ]),
  ],
);
