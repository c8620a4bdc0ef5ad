import type { ChannelDefinition } from '../definition.js';
import { abort, demographics, origin, retry, stepMessage, transmission } from '../fragments.js';

const message = [...origin, ...transmission, 'ip_pool'] as const;
const sender = ['esp', 'from_domain'] as const;
const reader = [
  'user_agent',
  'device_class',
  'device_os',
  'device_model',
  'browser',
  'mailbox_provider',
  'is_amp',
] as const;

export const email: ChannelDefinition = {
  channel: 'email',
  label: 'Email',
  description: 'From the hand-over to the email provider to what the reader did.',
  events: [
    {
      name: 'users.messages.email.Send',
      title: 'Email Send',
      description: 'An email was handed to the email provider.',
      required: ['email_address'],
      optional: [...message, 'from_domain', 'message_extras'],
    },
    {
      name: 'users.messages.email.Delivery',
      title: 'Email Delivery',
      description: 'The mailbox provider accepted an email.',
      required: ['email_address'],
      optional: [...message, ...sender, 'sending_ip'],
    },
    {
      name: 'users.messages.email.Open',
      title: 'Email Open',
      description: 'An email was opened, by the user or by a machine. May happen more than once.',
      required: ['email_address'],
      optional: [...message, ...sender, ...reader, 'machine_open'],
    },
    {
      name: 'users.messages.email.Click',
      title: 'Email Click',
      description: 'A link in an email was clicked. May happen more than once.',
      required: ['email_address'],
      optional: [
        ...message,
        ...sender,
        ...reader,
        'url',
        'link_id',
        'link_alias',
        'is_suspected_bot_click',
        'suspected_bot_click_reason',
      ],
    },
    {
      name: 'users.messages.email.Bounce',
      title: 'Email Bounce',
      description: 'An email bounced for good.',
      required: ['email_address'],
      optional: [...message, ...sender, 'sending_ip', 'bounce_reason', 'is_drop'],
    },
    {
      name: 'users.messages.email.SoftBounce',
      title: 'Email Soft Bounce',
      description: 'An email bounced for the time being.',
      required: ['email_address'],
      optional: [...message, ...sender, 'sending_ip', 'bounce_reason'],
    },
    {
      name: 'users.messages.email.Deferral',
      title: 'Email Deferral',
      description: 'The mailbox provider put off accepting an email.',
      required: ['email_address'],
      optional: [
        ...message,
        ...stepMessage,
        ...sender,
        'sending_ip',
        'recipient_domain',
        'deferral_reason',
        'attempt_count',
      ],
    },
    {
      name: 'users.messages.email.Retry',
      title: 'Email Retry',
      description: 'An email that could not be sent is tried again.',
      required: ['email_address'],
      optional: [...message, ...stepMessage, ...retry, ...demographics],
    },
    {
      name: 'users.messages.email.MarkAsSpam',
      title: 'Email Mark As Spam',
      description: 'The user reported an email as spam.',
      required: ['email_address'],
      optional: [...message, ...sender, 'user_agent'],
    },
    {
      name: 'users.messages.email.Unsubscribe',
      title: 'Email Unsubscribe',
      description: 'The user unsubscribed by the link or header of an email; other changes of the state do not count.',
      required: ['email_address'],
      optional: [...message],
    },
    {
      name: 'users.messages.email.Abort',
      title: 'Email Abort',
      description: 'An email was called off before it was sent.',
      required: ['email_address'],
      optional: [...message, ...stepMessage, ...abort],
    },
  ],
};
