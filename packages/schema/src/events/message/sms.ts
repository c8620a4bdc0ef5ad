import type { ChannelDefinition } from '../definition.js';
import { abort, campaign, canvas, canvasStep, origin, retry, stepMessage, transmission } from '../fragments.js';

const sent = [...origin, ...transmission, 'subscription_group_id', 'to_phone_number'] as const;
const refused = ['from_phone_number', 'is_sms_fallback', 'error', 'provider_error_code'] as const;

export const sms: ChannelDefinition = {
  channel: 'sms',
  label: 'SMS',
  description: 'Text messages, both ways.',
  events: [
    {
      name: 'users.messages.sms.Send',
      title: 'SMS Send',
      description: 'An SMS was sent.',
      optional: [...sent, 'category', 'message_extras'],
    },
    {
      name: 'users.messages.sms.CarrierSend',
      title: 'SMS Send To Carrier',
      description: 'An SMS was handed to the carrier. Only older infrastructure reports it.',
      optional: [...sent, 'from_phone_number'],
    },
    {
      name: 'users.messages.sms.Delivery',
      title: 'SMS Delivery',
      description: 'An SMS reached the phone.',
      optional: [...sent, 'from_phone_number', 'is_sms_fallback'],
    },
    {
      name: 'users.messages.sms.DeliveryFailure',
      title: 'SMS Delivery Failure',
      description: 'An SMS did not reach the phone.',
      optional: [...sent, ...refused],
    },
    {
      name: 'users.messages.sms.Rejection',
      title: 'SMS Rejection',
      description: 'The carrier rejected an SMS.',
      optional: [...sent, ...refused],
    },
    {
      name: 'users.messages.sms.InboundReceive',
      title: 'SMS Inbound Receipt',
      description: 'An SMS came in; one event for each user who has the number.',
      required: ['app_group_id', 'inbound_phone_number', 'user_phone_number', 'action', 'message_body'],
      optional: [...campaign, ...canvas, ...canvasStep, 'subscription_group_id', 'media_urls'],
    },
    {
      name: 'users.messages.sms.ShortLinkClick',
      title: 'SMS Short Link Click',
      description: 'A shortened link in an SMS was clicked.',
      required: ['url', 'short_url'],
      optional: [...origin, 'user_phone_number', 'user_agent', 'is_suspected_bot_click', 'suspected_bot_click_reason'],
    },
    {
      name: 'users.messages.sms.Retry',
      title: 'SMS Retry',
      description: 'An SMS that could not be sent is tried again.',
      optional: [...origin, ...stepMessage, 'subscription_group_id', ...retry],
    },
    {
      name: 'users.messages.sms.Abort',
      title: 'SMS Abort',
      description: 'An SMS was called off before it was sent.',
      optional: [...origin, ...stepMessage, 'subscription_group_id', ...abort],
    },
  ],
};
