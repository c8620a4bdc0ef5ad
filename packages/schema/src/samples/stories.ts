import type { EventUser } from '../event.js';
import type { SampleValue } from '../events/properties.js';

/** Where one event's sample differs from the common values. */
interface Story {
  readonly user?: EventUser;
  readonly properties?: Readonly<Record<string, SampleValue>>;
}

export const ingrid: EventUser = {
  user_id: '66b0e7d2c3a94f15d80e7b60',
  external_user_id: 'customer-1042',
  device_id: 'B7D1A6E0-4C52-4F9B-8E37-A2C90D5F6318',
  timezone: 'Europe/Oslo',
};

const android = {
  platform: 'android',
  os_version: '15',
  device_model: 'Pixel 8',
  ad_id: '1f0c7d62-a85e-4b93-9c40-e7d2b6f1a038',
  ad_id_type: 'google_ad_id',
} as const;

const web = {
  platform: 'web',
  os_version: '14.5',
  device_model: 'Mac',
  browser: 'Firefox',
  resolution: '1728x1117',
} as const;

/** By the name of the event type. */
export const stories: Readonly<Record<string, Story>> = {
  'users.behaviors.Purchase': { properties: android },
  'users.behaviors.app.SessionStart': { properties: android },
  'users.behaviors.subscription.GlobalStateChange': {
    properties: { subscription_status: 'Opted In', state_change_source: 'Subscription Page' },
  },
  'users.behaviors.subscriptiongroup.StateChange': {
    properties: { subscription_status: 'Unsubscribed', state_change_source: 'REST API' },
  },
  'users.behaviors.pushnotification.TokenStateChange': { properties: { platform: 'web' } },
  'users.canvas.costep.Send': { properties: { channel: 'email' } },
  'users.canvasstep.Progression': { properties: { is_canvas_entry: true } },

  'users.messages.email.Open': { properties: { device_model: 'iPhone', is_amp: true } },
  'users.messages.email.Click': { properties: { is_suspected_bot_click: true } },
  'users.messages.pushnotification.Send': { properties: android },
  'users.messages.pushnotification.Open': { properties: android },
  'users.messages.pushnotification.Bounce': { properties: android },
  'users.messages.inappmessage.Click': { properties: { button_id: '1' } },
  'users.messages.banner.Impression': { properties: web },
  'users.messages.banner.Click': { properties: web },
  'users.messages.featureflag.Impression': { properties: web },

  'users.messages.sms.InboundReceive': { properties: { message_body: 'STOP', action: 'unsubscribed' } },
  'users.messages.sms.Rejection': { properties: { error: 'Blocked by the carrier', provider_error_code: '30007' } },
  'users.messages.rcs.Rejection': {
    properties: { error: 'The phone does not take RCS', provider_error_code: '404', is_sms_fallback: true },
  },
  'users.messages.whatsapp.Failure': { properties: { provider_error_code: '131026' } },
  'users.messages.line.InboundReceive': { properties: { message_body: '深煎りはありますか' } },
  'users.messages.liveactivity.Send': { properties: { live_activity_event_type: 'start' } },
  'users.messages.liveactivity.Outcome': { properties: { live_activity_event_type: 'start' } },

  'users.UserDeleteRequest': { user: { user_id: '66b0e7d2c3a94f15d80e7b60' } },
  'agentconsole.AgentExecuted': {
    user: { user_id: '66b0e7d2c3a94f15d80e7b60', external_user_id: 'customer-1042' },
    properties: { duration: 2310, is_error: true, error: 'The model stopped answering' },
  },
  'agentconsole.ToolInvocation': { user: {}, properties: { duration: 145 } },
};
