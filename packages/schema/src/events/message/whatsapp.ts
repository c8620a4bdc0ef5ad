import { channel, event } from '../definition.js';
import { abort, of, origin, retry, stepMessage } from '../fragments.js';

const message = [...origin, ...stepMessage] as const;
const handedOver = [...message, 'dispatch_id', 'subscription_group_id', 'to_phone_number', 'bsuid'] as const;
const sent = {
  required: ['from_phone_number'],
  optional: [...handedOver, 'send_id', 'message_id', 'template_name', 'flow_id'],
} as const;
const inbound = of('subscription_group_id', 'user_phone_number', 'bsuid', 'message_id', 'in_reply_to');
const content = of('message_body', 'quick_reply_text', 'media_urls', 'flow_id', 'flow_response_json');

export const whatsapp = channel('whatsapp', 'WhatsApp', 'WhatsApp messages, both ways.', [
  event('users.messages.whatsapp.Send', 'WhatsApp Send', 'A WhatsApp message was handed to Meta.', {
    required: sent.required,
    optional: [...sent.optional, 'message_extras'],
  }),
  event('users.messages.whatsapp.Delivery', 'WhatsApp Delivery', 'A WhatsApp message reached the phone.', sent),
  event('users.messages.whatsapp.Read', 'WhatsApp Read', 'The user read a WhatsApp message.', sent),
  event(
    'users.messages.whatsapp.Click',
    'WhatsApp Tracked Link Click',
    'A tracked link in a WhatsApp message was clicked.',
    { required: ['url', 'short_url'], optional: [...message, 'user_phone_number', 'user_agent'] },
  ),
  event('users.messages.whatsapp.Failure', 'WhatsApp Failure', 'Meta could not deliver a WhatsApp message.', {
    required: [...sent.required, 'provider_error_code', 'provider_error_title'],
    optional: sent.optional,
  }),
  event(
    'users.messages.whatsapp.InboundReceive',
    'WhatsApp Inbound Received',
    'The user wrote to a number of the business.',
    {
      required: ['inbound_phone_number', 'action'],
      optional: [
        ...message,
        ...inbound,
        ...content,
        'catalog_id',
        { name: 'product_id', type: 'string', description: 'Product that the user named.' },
      ],
    },
  ),
  event(
    'users.messages.whatsapp.Retry',
    'WhatsApp Retry',
    'A WhatsApp message that could not be sent is tried again.',
    { optional: [...handedOver, ...retry] },
  ),
  event(
    'users.messages.whatsapp.Abort',
    'WhatsApp Abort',
    'A WhatsApp message was called off before it reached Meta.',
    { optional: [...handedOver, ...abort] },
  ),
]);
