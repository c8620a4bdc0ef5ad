import { channel, event } from '../definition.js';
import { abort, canvasStep, of, retry, stepMessage, transmission } from '../fragments.js';

/** LINE events leave out the names of variations and of the Canvas. */
const message = [
  ...of('app_group_id', 'campaign_id', 'campaign_name', 'message_variation_id', 'canvas_id', 'canvas_variation_id'),
  ...canvasStep,
  ...stepMessage,
  ...transmission,
  'subscription_group_id',
] as const;
const account = ['line_channel_id', 'line_channel_name', 'native_line_id'] as const;

export const line = channel('line', 'LINE', 'LINE messages, both ways.', [
  event('users.messages.line.Send', 'LINE Send', 'A LINE message was sent.', {
    required: account,
    optional: [...message, 'message_extras'],
  }),
  event('users.messages.line.Click', 'LINE Click', 'A link in a LINE message was clicked.', {
    required: [...account, 'url', 'short_url'],
    optional: [...message, 'user_agent', 'is_suspected_bot_click'],
  }),
  event('users.messages.line.InboundReceive', 'LINE Inbound Receive', 'The user wrote to a LINE channel.', {
    required: account,
    optional: [...message, 'message_body', 'media_id'],
  }),
  event('users.messages.line.Retry', 'LINE Retry', 'A LINE message that could not be sent is tried again.', {
    optional: [...account, ...message, ...retry],
  }),
  event('users.messages.line.Abort', 'LINE Abort', 'A LINE message was called off before it was sent.', {
    required: account,
    optional: [...message, ...abort],
  }),
]);
