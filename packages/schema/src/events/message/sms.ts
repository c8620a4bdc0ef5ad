import { channel, event } from '../definition.js';
import {
  abort,
  campaign,
  canvas,
  canvasStep,
  origin,
  retry,
  stepMessage,
  suspectedBot,
  transmitted,
} from '../fragments.js';

const sent = [...transmitted, 'subscription_group_id', 'to_phone_number'] as const;
const refused = ['from_phone_number', 'is_sms_fallback', 'error', 'provider_error_code'] as const;

export const sms = channel('sms', 'SMS', 'Text messages, both ways.', [
  event('users.messages.sms.Send', 'SMS Send', 'An SMS was sent.', {
    optional: [...sent, 'category', 'message_extras'],
  }),
  event(
    'users.messages.sms.CarrierSend',
    'SMS Send To Carrier',
    'An SMS was handed to the carrier. Only older infrastructure reports it.',
    { optional: [...sent, 'from_phone_number'] },
  ),
  event('users.messages.sms.Delivery', 'SMS Delivery', 'An SMS reached the phone.', {
    optional: [...sent, 'from_phone_number', 'is_sms_fallback'],
  }),
  event('users.messages.sms.DeliveryFailure', 'SMS Delivery Failure', 'An SMS did not reach the phone.', {
    optional: [...sent, ...refused],
  }),
  event('users.messages.sms.Rejection', 'SMS Rejection', 'The carrier rejected an SMS.', {
    optional: [...sent, ...refused],
  }),
  event(
    'users.messages.sms.InboundReceive',
    'SMS Inbound Receipt',
    'An SMS came in; one event for each user who has the number.',
    {
      required: ['app_group_id', 'inbound_phone_number', 'user_phone_number', 'action', 'message_body'],
      optional: [...campaign, ...canvas, ...canvasStep, 'subscription_group_id', 'media_urls'],
    },
  ),
  event('users.messages.sms.ShortLinkClick', 'SMS Short Link Click', 'A shortened link in an SMS was clicked.', {
    required: ['url', 'short_url'],
    optional: [...origin, 'user_phone_number', 'user_agent', ...suspectedBot],
  }),
  event('users.messages.sms.Retry', 'SMS Retry', 'An SMS that could not be sent is tried again.', {
    optional: [...origin, ...stepMessage, 'subscription_group_id', ...retry],
  }),
  event('users.messages.sms.Abort', 'SMS Abort', 'An SMS was called off before it was sent.', {
    optional: [...origin, ...stepMessage, 'subscription_group_id', ...abort],
  }),
]);
