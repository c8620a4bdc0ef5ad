import { channel, event } from '../definition.js';
import { abort, of, origin, stepMessage, suspectedBot, transmission } from '../fragments.js';

const message = [...origin, ...stepMessage] as const;
const sent = [...message, ...transmission, 'subscription_group_id', 'from_rcs_sender'] as const;
const reader = of('user_phone_number', 'user_agent');
const element = of('element_label', 'element_type');

export const rcs = channel('rcs', 'RCS', 'Rich text messages, both ways.', [
  event('users.messages.rcs.Send', 'RCS Send', 'An RCS message was sent.', {
    required: ['to_phone_number'],
    optional: [...sent, 'category', 'message_extras'],
  }),
  event('users.messages.rcs.Delivery', 'RCS Delivery', 'An RCS message reached the phone.', {
    required: ['to_phone_number'],
    optional: sent,
  }),
  event('users.messages.rcs.Read', 'RCS Read', 'The user read an RCS message.', {
    required: ['to_phone_number'],
    optional: message,
  }),
  event('users.messages.rcs.Click', 'RCS Click', 'The user tapped a suggestion, button or link of an RCS message.', {
    required: ['interaction_type'],
    optional: [
      ...message,
      'send_id',
      'subscription_group_id',
      ...reader,
      ...element,
      'url',
      'short_url',
      ...suspectedBot,
    ],
  }),
  event(
    'users.messages.rcs.Rejection',
    'RCS Rejection',
    'An RCS message was rejected; an SMS may have gone in its place.',
    { required: ['to_phone_number'], optional: [...sent, 'error', 'provider_error_code', 'is_sms_fallback'] },
  ),
  event('users.messages.rcs.InboundReceive', 'RCS Inbound Received', 'An RCS message came in.', {
    required: ['action', 'user_phone_number', 'to_rcs_sender', 'message_body'],
    optional: [...message, 'send_id', 'subscription_group_id', 'media_urls'],
  }),
  event('users.messages.rcs.Abort', 'RCS Abort', 'An RCS message was called off before it was sent.', {
    optional: [...message, 'subscription_group_id', ...abort],
  }),
]);
