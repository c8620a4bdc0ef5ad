import type { ChannelDefinition } from '../definition.js';
import { abort, origin, retry, stepMessage } from '../fragments.js';

const message = [...origin, ...stepMessage] as const;
const handedOver = [...message, 'dispatch_id', 'subscription_group_id', 'to_phone_number', 'bsuid'] as const;
const sent = {
  required: ['from_phone_number'],
  optional: [...handedOver, 'send_id', 'message_id', 'template_name', 'flow_id'],
} as const;

export const whatsapp: ChannelDefinition = {
  channel: 'whatsapp',
  label: 'WhatsApp',
  description: 'WhatsApp messages, both ways.',
  events: [
    {
      name: 'users.messages.whatsapp.Send',
      title: 'WhatsApp Send',
      description: 'A WhatsApp message was handed to Meta.',
      required: sent.required,
      optional: [...sent.optional, 'message_extras'],
    },
    {
      name: 'users.messages.whatsapp.Delivery',
      title: 'WhatsApp Delivery',
      description: 'A WhatsApp message reached the phone.',
      ...sent,
    },
    {
      name: 'users.messages.whatsapp.Read',
      title: 'WhatsApp Read',
      description: 'The user read a WhatsApp message.',
      ...sent,
    },
    {
      name: 'users.messages.whatsapp.Click',
      title: 'WhatsApp Tracked Link Click',
      description: 'A tracked link in a WhatsApp message was clicked.',
      required: ['url', 'short_url'],
      optional: [...message, 'user_phone_number', 'user_agent'],
    },
    {
      name: 'users.messages.whatsapp.Failure',
      title: 'WhatsApp Failure',
      description: 'Meta could not deliver a WhatsApp message.',
      required: [...sent.required, 'provider_error_code', 'provider_error_title'],
      optional: sent.optional,
    },
    {
      name: 'users.messages.whatsapp.InboundReceive',
      title: 'WhatsApp Inbound Received',
      description: 'The user wrote to a number of the business.',
      required: ['inbound_phone_number', 'action'],
      optional: [
        ...message,
        'subscription_group_id',
        'user_phone_number',
        'bsuid',
        'message_id',
        'in_reply_to',
        'message_body',
        'quick_reply_text',
        'media_urls',
        'flow_id',
        'flow_response_json',
        'catalog_id',
        { name: 'product_id', type: 'string', description: 'Product that the user named.' },
      ],
    },
    {
      name: 'users.messages.whatsapp.Retry',
      title: 'WhatsApp Retry',
      description: 'A WhatsApp message that could not be sent is tried again.',
      optional: [...handedOver, ...retry],
    },
    {
      name: 'users.messages.whatsapp.Abort',
      title: 'WhatsApp Abort',
      description: 'A WhatsApp message was called off before it reached Meta.',
      optional: [...handedOver, ...abort],
    },
  ],
};
