import { channel, event } from '../definition.js';
import { abort, demographics, of, retry, stepMessage, suspectedBot, transmitted } from '../fragments.js';

const message = [...transmitted, 'ip_pool'] as const;
const sender = ['esp', 'from_domain'] as const;
const reader = [
  ...of('user_agent', 'device_class', 'device_os', 'device_model', 'browser'),
  'mailbox_provider',
  'is_amp',
] as const;
const link = of('url', 'link_id', 'link_alias');
const deferral = of('recipient_domain', 'deferral_reason', 'attempt_count');

export const email = channel('email', 'Email', 'From the hand-over to the email provider to what the reader did.', [
  event('users.messages.email.Send', 'Email Send', 'An email was handed to the email provider.', {
    required: ['email_address'],
    optional: [...message, 'from_domain', 'message_extras'],
  }),
  event('users.messages.email.Delivery', 'Email Delivery', 'The mailbox provider accepted an email.', {
    required: ['email_address'],
    optional: [...message, ...sender, 'sending_ip'],
  }),
  event(
    'users.messages.email.Open',
    'Email Open',
    'An email was opened, by the user or by a machine. May happen more than once.',
    { required: ['email_address'], optional: [...message, ...sender, ...reader, 'machine_open'] },
  ),
  event('users.messages.email.Click', 'Email Click', 'A link in an email was clicked. May happen more than once.', {
    required: ['email_address'],
    optional: [...message, ...sender, ...reader, ...link, ...suspectedBot],
  }),
  event('users.messages.email.Bounce', 'Email Bounce', 'An email bounced for good.', {
    required: ['email_address'],
    optional: [...message, ...sender, 'sending_ip', 'bounce_reason', 'is_drop'],
  }),
  event('users.messages.email.SoftBounce', 'Email Soft Bounce', 'An email bounced for the time being.', {
    required: ['email_address'],
    optional: [...message, ...sender, 'sending_ip', 'bounce_reason'],
  }),
  event('users.messages.email.Deferral', 'Email Deferral', 'The mailbox provider put off accepting an email.', {
    required: ['email_address'],
    optional: [...message, ...stepMessage, ...sender, 'sending_ip', ...deferral],
  }),
  event('users.messages.email.Retry', 'Email Retry', 'An email that could not be sent is tried again.', {
    required: ['email_address'],
    optional: [...message, ...stepMessage, ...retry, ...demographics],
  }),
  event('users.messages.email.MarkAsSpam', 'Email Mark As Spam', 'The user reported an email as spam.', {
    required: ['email_address'],
    optional: [...message, ...sender, 'user_agent'],
  }),
  event(
    'users.messages.email.Unsubscribe',
    'Email Unsubscribe',
    'The user unsubscribed by the link or header of an email; other changes of the state do not count.',
    { required: ['email_address'], optional: message },
  ),
  event('users.messages.email.Abort', 'Email Abort', 'An email was called off before it was sent.', {
    required: ['email_address'],
    optional: [...message, ...stepMessage, ...abort],
  }),
]);
