import type { ChannelDefinition } from '../definition.js';
import { abort, origin, stepMessage, transmission } from '../fragments.js';

const message = [...origin, ...stepMessage] as const;
const sent = [...message, ...transmission, 'subscription_group_id', 'from_rcs_sender'] as const;

export const rcs: ChannelDefinition = {
  channel: 'rcs',
  label: 'RCS',
  description: 'Rich text messages, both ways.',
  events: [
    {
      name: 'users.messages.rcs.Send',
      title: 'RCS Send',
      description: 'An RCS message was sent.',
      required: ['to_phone_number'],
      optional: [...sent, 'category', 'message_extras'],
    },
    {
      name: 'users.messages.rcs.Delivery',
      title: 'RCS Delivery',
      description: 'An RCS message reached the phone.',
      required: ['to_phone_number'],
      optional: [...sent],
    },
    {
      name: 'users.messages.rcs.Read',
      title: 'RCS Read',
      description: 'The user read an RCS message.',
      required: ['to_phone_number'],
      optional: [...message],
    },
    {
      name: 'users.messages.rcs.Click',
      title: 'RCS Click',
      description: 'The user tapped a suggestion, button or link of an RCS message.',
      required: ['interaction_type'],
      optional: [
        ...message,
        'send_id',
        'subscription_group_id',
        'user_phone_number',
        'user_agent',
        'element_label',
        'element_type',
        'url',
        'short_url',
        'is_suspected_bot_click',
        'suspected_bot_click_reason',
      ],
    },
    {
      name: 'users.messages.rcs.Rejection',
      title: 'RCS Rejection',
      description: 'An RCS message was rejected; an SMS may have gone in its place.',
      required: ['to_phone_number'],
      optional: [...sent, 'error', 'provider_error_code', 'is_sms_fallback'],
    },
    {
      name: 'users.messages.rcs.InboundReceive',
      title: 'RCS Inbound Received',
      description: 'An RCS message came in.',
      required: ['action', 'user_phone_number', 'to_rcs_sender', 'message_body'],
      optional: [...message, 'send_id', 'subscription_group_id', 'media_urls'],
    },
    {
      name: 'users.messages.rcs.Abort',
      title: 'RCS Abort',
      description: 'An RCS message was called off before it was sent.',
      optional: [...message, 'subscription_group_id', ...abort],
    },
  ],
};
