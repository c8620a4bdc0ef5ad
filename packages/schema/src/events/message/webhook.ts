import type { ChannelDefinition } from '../definition.js';
import { abort, demographics, origin, retry, stepMessage, transmission } from '../fragments.js';

const message = [...origin, ...transmission] as const;

export const webhook: ChannelDefinition = {
  channel: 'webhook',
  label: 'Webhooks',
  description: 'Calls that campaigns and Canvases make to other systems.',
  events: [
    {
      name: 'users.messages.webhook.Send',
      title: 'Webhook Send',
      description: 'A webhook was called; whether it was received is another matter.',
      optional: [...message, 'message_extras'],
    },
    {
      name: 'users.messages.webhook.Failure',
      title: 'Webhook Failure',
      description: 'A webhook call failed.',
      optional: [
        ...message,
        ...stepMessage,
        'webhook_failure_source',
        'http_status_code',
        'endpoint_url',
        'host',
        'url_path',
        'content_length',
        'raw_response',
        'webhook_duration',
        'retry_count',
        'is_terminal',
      ],
    },
    {
      name: 'users.messages.webhook.Retry',
      title: 'Webhook Retry',
      description: 'A webhook call that failed is tried again.',
      optional: [...message, ...stepMessage, ...retry, ...demographics],
    },
    {
      name: 'users.messages.webhook.Abort',
      title: 'Webhook Abort',
      description: 'A webhook call was called off.',
      optional: [...message, ...stepMessage, ...abort],
    },
  ],
};
