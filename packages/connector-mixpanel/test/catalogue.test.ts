import { catalogue, sampleOf } from '@currents/schema';
import { mixpanel } from '@currents/connector-mixpanel';
import { describe, expect, it } from 'vitest';
import { payloadOf, settings } from './payload.js';

/** Every event type that Mixpanel for Currents lists, and its heading there. */
const names: readonly (readonly [eventType: string, name: string])[] = [
  ['users.behaviors.InstallAttribution', 'Install Attribution'],
  ['users.behaviors.Location', 'Location'],
  ['users.behaviors.Purchase', 'Purchase'],
  ['users.behaviors.Uninstall', 'Uninstall'],
  ['users.behaviors.app.FirstSession', 'First Session'],
  ['users.behaviors.app.NewsFeedImpression', 'News Feed Impression'],
  ['users.behaviors.app.SessionEnd', 'Session End'],
  ['users.behaviors.app.SessionStart', 'Session Start'],
  ['users.behaviors.subscription.GlobalStateChange', 'Global Subscription State Change'],
  ['users.behaviors.subscriptiongroup.StateChange', 'Subscription Group State Change'],
  ['users.campaigns.Abort', 'Campaign Abort'],
  ['users.campaigns.Conversion', 'Campaign Conversion Event'],
  ['users.campaigns.EnrollInControl', 'Campaign Control Group Enrollment'],
  ['users.canvas.Abort', 'Canvas Abort'],
  ['users.canvas.Conversion', 'Canvas Conversion Event'],
  ['users.canvas.Entry', 'Canvas Entry'],
  ['users.canvas.exit.MatchedAudience', 'Canvas Exit Matched Audience'],
  ['users.canvas.exit.PerformedEvent', 'Canvas Exit Performed Event'],
  ['users.canvas.experimentstep.Conversion', 'Experiment Step Conversion'],
  ['users.canvas.experimentstep.SplitEntry', 'Experiment Step Split Path Entry'],
  ['users.messages.contentcard.Abort', 'Content Card Abort'],
  ['users.messages.contentcard.Click', 'Content Card Click'],
  ['users.messages.contentcard.Dismiss', 'Content Card Dismiss'],
  ['users.messages.contentcard.Impression', 'Content Card Impression'],
  ['users.messages.contentcard.Send', 'Content Card Send'],
  ['users.messages.email.Abort', 'Email Abort'],
  ['users.messages.email.Bounce', 'Email Bounce'],
  ['users.messages.email.Click', 'Email Click'],
  ['users.messages.email.Delivery', 'Email Delivery'],
  ['users.messages.email.MarkAsSpam', 'Email Mark As Spam'],
  ['users.messages.email.Open', 'Email Open'],
  ['users.messages.email.Send', 'Email Send'],
  ['users.messages.email.SoftBounce', 'Email Soft Bounce'],
  ['users.messages.email.Unsubscribe', 'Email Unsubscribe'],
  ['users.messages.inappmessage.Abort', 'In-App Message Abort'],
  ['users.messages.inappmessage.Click', 'In-app message Click'],
  ['users.messages.inappmessage.Impression', 'In-app message Impression'],
  ['users.messages.newsfeedcard.Abort', 'News Feed Card Abort'],
  ['users.messages.newsfeedcard.Click', 'News Feed Card Click'],
  ['users.messages.newsfeedcard.Impression', 'News Feed Card Impression'],
  ['users.messages.pushnotification.Abort', 'Push Notification Abort'],
  ['users.messages.pushnotification.Bounce', 'Push Notification Bounce'],
  ['users.messages.pushnotification.IosForeground', 'Push Notification iOS Foreground Open'],
  ['users.messages.pushnotification.Open', 'Push Notification Open'],
  ['users.messages.pushnotification.Send', 'Push Notification Send'],
  ['users.messages.sms.Abort', 'SMS Abort'],
  ['users.messages.sms.CarrierSend', 'SMS Send To Carrier'],
  ['users.messages.sms.Delivery', 'SMS Delivery'],
  ['users.messages.sms.DeliveryFailure', 'SMS Delivery Failure'],
  ['users.messages.sms.InboundReceive', 'SMS Inbound Receipt'],
  ['users.messages.sms.Rejection', 'SMS Rejection'],
  ['users.messages.sms.Send', 'SMS Send'],
  ['users.messages.sms.ShortLinkClick', 'SMS Short Link Click'],
  ['users.messages.webhook.Abort', 'Webhook Abort'],
  ['users.messages.webhook.Send', 'Webhook Send'],
  ['users.messages.whatsapp.Abort', 'WhatsApp Abort'],
  ['users.messages.whatsapp.Delivery', 'WhatsApp Delivery'],
  ['users.messages.whatsapp.Failure', 'WhatsApp Failure'],
  ['users.messages.whatsapp.InboundReceive', 'WhatsApp Inbound Received'],
  ['users.messages.whatsapp.Read', 'WhatsApp Read'],
  ['users.messages.whatsapp.Send', 'WhatsApp Send'],
  ['users.behaviors.CustomEvent', '[Braze Custom Event] Brew guide finished'],
];

describe('the event types that Mixpanel for Currents lists', () => {
  it('are 62', () => expect(new Set(names.map(([eventType]) => eventType)).size).toBe(62));

  it.each(names)('%s is sent as "%s"', (eventType, name) => {
    const sample = sampleOf(eventType);
    const { event, properties } = payloadOf(sample);
    expect(event).toBe(name);
    expect(properties).toMatchObject({
      distinct_id: sample.user.external_user_id,
      time: sample.time * 1000,
      $insert_id: sample.id,
      $partner_id: 'braze',
      ip: 0,
      mp_lib: 'currents',
    });
  });

  it.each(names)('%s is sent with all properties except those that Braze does not pass on', (eventType) => {
    const { properties } = payloadOf(sampleOf(eventType));
    const kept = [
      'timezone',
      'sending_ip',
      'sdk_version',
      'gender',
      'country',
      'language',
      'canvas_step_message_variation_id',
    ];
    const renamed: Record<string, string> = { device_model: '$device', os_version: '$os', content_card_id: 'card_id' };
    const sample = sampleOf(eventType).properties;
    for (const [property, value] of Object.entries(sample)) {
      if (kept.includes(property)) expect(properties, property).not.toHaveProperty([property]);
      else if (property === 'custom_properties') expectPrefixed(properties, '[Custom event property] ', value);
      else if (property === 'purchase_properties') expectPrefixed(properties, '[Purchase property] ', value);
      else if (property !== 'name') expect(properties[renamed[property] ?? property], property).toStrictEqual(value);
    }
  });

  it.each(names)('%s is not sent for a user without an external id', (eventType) => {
    const anonymous = { ...sampleOf(eventType), user: { user_id: '5f1c9a7be03d4428c6b1a9d0', device_id: 'device-1' } };
    expect(mixpanel.map(anonymous, settings)).toStrictEqual({ skip: 'no_external_user_id' });
  });
});

describe('the rest of the catalogue', () => {
  it('is sent under its title, unless Braze sends it to no partner', () => {
    const listed = new Set(names.map(([eventType]) => eventType));
    const rest = catalogue.filter((type) => !listed.has(type.name));
    const unsent = rest.filter((type) => mixpanel.nameOf(type.name) === undefined).map((type) => type.name);
    expect(unsent.toSorted()).toStrictEqual([
      'agentconsole.AgentExecuted',
      'agentconsole.ToolInvocation',
      'users.RandomBucketNumberUpdate',
      'users.UserDeleteRequest',
      'users.UserOrphan',
    ]);
    // No event, but an operation on the user.
    expect(mixpanel.nameOf('users.profile.Update')).toBe('$set');
    for (const type of rest.filter(({ name }) => ![...unsent, 'users.profile.Update'].includes(name)))
      expect(mixpanel.nameOf(type.name)).toBe(type.title);
    expect(catalogue.filter((type) => mixpanel.nameOf(type.name) !== undefined)).toHaveLength(95);
  });
});

function expectPrefixed(properties: Readonly<Record<string, unknown>>, prefix: string, free: unknown): void {
  const entries = Object.entries(free as Record<string, unknown>);
  expect(entries.length).toBeGreaterThan(0);
  for (const [key, value] of entries) expect(properties[prefix + key], key).toStrictEqual(value);
}
