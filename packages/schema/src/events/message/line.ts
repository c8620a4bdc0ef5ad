import type { ChannelDefinition } from '../definition.js';
import { abort, canvasStep, retry, stepMessage, transmission } from '../fragments.js';

/** LINE events leave out the names of variations and of the Canvas. */
const message = [
  'app_group_id',
  'campaign_id',
  'campaign_name',
  'message_variation_id',
  'canvas_id',
  'canvas_variation_id',
  ...canvasStep,
  ...stepMessage,
  ...transmission,
  'subscription_group_id',
] as const;
const channel = ['line_channel_id', 'line_channel_name', 'native_line_id'] as const;

export const line: ChannelDefinition = {
  channel: 'line',
  label: 'LINE',
  description: 'LINE messages, both ways.',
  events: [
    {
      name: 'users.messages.line.Send',
      title: 'LINE Send',
      description: 'A LINE message was sent.',
      required: channel,
      optional: [...message, 'message_extras'],
    },
    {
      name: 'users.messages.line.Click',
      title: 'LINE Click',
      description: 'A link in a LINE message was clicked.',
      required: [...channel, 'url', 'short_url'],
      optional: [...message, 'user_agent', 'is_suspected_bot_click'],
    },
    {
      name: 'users.messages.line.InboundReceive',
      title: 'LINE Inbound Receive',
      description: 'The user wrote to a LINE channel.',
      required: channel,
      optional: [...message, 'message_body', 'media_id'],
    },
    {
      name: 'users.messages.line.Retry',
      title: 'LINE Retry',
      description: 'A LINE message that could not be sent is tried again.',
      optional: [...channel, ...message, ...retry],
    },
    {
      name: 'users.messages.line.Abort',
      title: 'LINE Abort',
      description: 'A LINE message was called off before it was sent.',
      required: channel,
      optional: [...message, ...abort],
    },
  ],
};
