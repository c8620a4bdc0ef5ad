import { channel, event } from '../definition.js';
import { abort, demographics, of, retry, stepMessage, transmitted } from '../fragments.js';

const endpoint = of('endpoint_url', 'host', 'url_path');
const answer = of('content_length', 'raw_response');
const attempts = of('webhook_duration', 'retry_count', 'is_terminal');

export const webhook = channel('webhook', 'Webhooks', 'Calls that campaigns and Canvases make to other systems.', [
  event(
    'users.messages.webhook.Send',
    'Webhook Send',
    'A webhook was called; whether it was received is another matter.',
    { optional: [...transmitted, 'message_extras'] },
  ),
  event('users.messages.webhook.Failure', 'Webhook Failure', 'A webhook call failed.', {
    optional: [
      ...transmitted,
      ...stepMessage,
      'webhook_failure_source',
      'http_status_code',
      ...endpoint,
      ...answer,
      ...attempts,
    ],
  }),
  event('users.messages.webhook.Retry', 'Webhook Retry', 'A webhook call that failed is tried again.', {
    optional: [...transmitted, ...stepMessage, ...retry, ...demographics],
  }),
  event('users.messages.webhook.Abort', 'Webhook Abort', 'A webhook call was called off.', {
    optional: [...transmitted, ...stepMessage, ...abort],
  }),
]);
