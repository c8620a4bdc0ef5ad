import { describe, expect, it } from 'vitest';
import { catalogue, channelKey, channels, envelope, findEventType, groups, type EventProperty } from '../src/index.js';

/** Event types on Braze's pages about its partners. */
const onPartnerPages = `
  users.behaviors.CustomEvent users.behaviors.InstallAttribution users.behaviors.Location users.behaviors.Purchase
  users.behaviors.Uninstall users.behaviors.app.FirstSession users.behaviors.app.NewsFeedImpression
  users.behaviors.app.SessionEnd users.behaviors.app.SessionStart
  users.behaviors.subscription.GlobalStateChange users.behaviors.subscriptiongroup.StateChange
  users_campaigns_abort users.campaigns.Conversion users.campaigns.EnrollInControl
  users_canvas_abort users.canvas.Conversion users.canvas.Entry
  users.canvas.exit.MatchedAudience users.canvas.exit.PerformedEvent
  users.canvas.experimentstep.Conversion users.canvas.experimentstep.SplitEntry
  users.messages.contentcard.Abort users.messages.contentcard.Click users.messages.contentcard.Dismiss
  users.messages.contentcard.Impression users.messages.contentcard.Send
  users.messages.email.Abort users.messages.email.Bounce users.messages.email.Click users.messages.email.Delivery
  users.messages.email.MarkAsSpam users.messages.email.Open users.messages.email.Send
  users.messages.email.SoftBounce users.messages.email.Unsubscribe
  users.messages.inappmessage.Abort users.messages.inappmessage.Click users.messages.inappmessage.Impression
  users.messages.newsfeedcard.Abort users.messages.newsfeedcard.Click users.messages.newsfeedcard.Impression
  users.messages.pushnotification.Abort users.messages.pushnotification.Bounce
  users.messages.pushnotification.IosForeground users.messages.pushnotification.Open
  users.messages.pushnotification.Send
  users.messages.sms.Abort users.messages.sms.CarrierSend users.messages.sms.Delivery
  users.messages.sms.DeliveryFailure users.messages.sms.InboundReceive users.messages.sms.Rejection
  users.messages.sms.Send users.messages.sms.ShortLinkClick
  users.messages.webhook.Abort users.messages.webhook.Send
  users.messages.whatsapp.Abort users.messages.whatsapp.Delivery users.messages.whatsapp.Failure
  users.messages.whatsapp.InboundReceive users.messages.whatsapp.Read users.messages.whatsapp.Send`
  .trim()
  .split(/\s+/);

/** Later event types of the platform (Braze, event glossary). */
const later = `
  agentconsole.AgentExecuted agentconsole.ToolInvocation users.RandomBucketNumberUpdate users.UserDeleteRequest
  users.UserOrphan users.profile.Update users.behaviors.liveactivity.PushToStartTokenChange
  users.behaviors.liveactivity.UpdateTokenChange users.behaviors.pushnotification.TokenStateChange
  users.canvas.costep.Send users.canvasstep.Progression
  users.messages.banner.Abort users.messages.banner.Click users.messages.banner.Dismiss
  users.messages.banner.Impression users.messages.email.Deferral users.messages.email.Retry
  users.messages.featureflag.Impression users.messages.line.Abort users.messages.line.Click
  users.messages.line.InboundReceive users.messages.line.Retry users.messages.line.Send
  users.messages.liveactivity.Outcome users.messages.liveactivity.Send users.messages.pushnotification.Retry
  users.messages.rcs.Abort users.messages.rcs.Click users.messages.rcs.Delivery users.messages.rcs.InboundReceive
  users.messages.rcs.Read users.messages.rcs.Rejection users.messages.rcs.Send users.messages.sms.Retry
  users.messages.webhook.Failure users.messages.webhook.Retry
  users.messages.whatsapp.Click users.messages.whatsapp.Retry`
  .trim()
  .split(/\s+/);

const typeOf = (name: string) => {
  const eventType = findEventType(name);
  if (eventType === undefined) throw new Error(`no event type ${name}`);
  return eventType;
};
const propertyOf = (eventType: string, name: string): EventProperty | undefined =>
  typeOf(eventType).properties.find((property) => property.name === name);

describe('the catalogue', () => {
  it('has exactly the 62 event types of the partner pages and 38 later ones', () => {
    expect(onPartnerPages).toHaveLength(62);
    expect(later).toHaveLength(38);
    const known = new Set([...onPartnerPages, ...later].map(typeOf));
    expect(known).toEqual(new Set(catalogue));
    expect(catalogue).toHaveLength(100);
  });

  it('has each event type at its own index', () => {
    expect(catalogue.map(({ index }) => index)).toEqual(catalogue.map((_, place) => place));
  });

  it('has no spelling that matches two event types', () => {
    const spellings = catalogue.flatMap(({ name, aliases }) => [name, ...aliases]);
    expect(new Set(spellings).size).toBe(spellings.length);
  });

  it.each([
    ['users_campaigns_abort', 'users.campaigns.Abort'],
    ['users_canvas_abort', 'users.canvas.Abort'],
  ])('accepts %s as %s', (alias, name) => {
    expect(typeOf(alias)).toBe(typeOf(name));
    expect(typeOf(alias).name).toBe(name);
  });

  it.each(['users.messages.email.open', 'toString', '__proto__', ''])('has no event type %j', (name) => {
    expect(findEventType(name)).toBeUndefined();
  });

  it('has no duplicate property in an event type, and describes every property', () => {
    for (const { name, properties } of catalogue) {
      expect(new Set(properties.map((property) => property.name)).size, name).toBe(properties.length);
      for (const property of properties) expect(property.description, `${name} ${property.name}`).toMatch(/\.$/);
    }
  });

  it('does not list the envelope’s fields as properties', () => {
    const everywhere = envelope.map(({ name }) => name.replace('user.', ''));
    for (const { name, properties } of catalogue) {
      expect(
        properties.filter((property) => everywhere.includes(property.name)),
        name,
      ).toEqual([]);
    }
  });

  it('has the free properties of custom events and purchases as objects, as over HTTP', () => {
    expect(propertyOf('users.behaviors.CustomEvent', 'custom_properties')?.type).toBe('object');
    expect(propertyOf('users.behaviors.Purchase', 'purchase_properties')?.type).toBe('object');
    expect(propertyOf('users.behaviors.CustomEvent', 'properties')).toBeUndefined();
  });

  it('has the wire names of Content Card events', () => {
    for (const name of ['Send', 'Impression', 'Click', 'Dismiss']) {
      expect(propertyOf(`users.messages.contentcard.${name}`, 'content_card_id')?.nullable).toBe(false);
      expect(propertyOf(`users.messages.contentcard.${name}`, 'card_id')).toBeUndefined();
    }
  });

  it('has two meanings of duration: seconds of a session, milliseconds of an agent', () => {
    expect(propertyOf('users.behaviors.app.SessionEnd', 'duration')).toMatchObject({ type: 'float', nullable: true });
    expect(propertyOf('agentconsole.AgentExecuted', 'duration')).toMatchObject({ type: 'int', nullable: false });
  });

  it('marks event types that the platform has deprecated', () => {
    expect(
      catalogue
        .filter(({ deprecated }) => deprecated)
        .map(({ name }) => name)
        .sort(),
    ).toEqual([
      'users.behaviors.app.NewsFeedImpression',
      'users.messages.newsfeedcard.Abort',
      'users.messages.newsfeedcard.Click',
      'users.messages.newsfeedcard.Impression',
      'users.messages.pushnotification.IosForeground',
    ]);
    expect(propertyOf('users.behaviors.app.FirstSession', 'gender')?.deprecated).toBe(true);
    expect(propertyOf('users.canvas.exit.MatchedAudience', 'canvas_api_id')?.deprecated).toBe(true);
    expect(propertyOf('users.messages.banner.Click', 'gender')?.deprecated).toBeUndefined();
  });

  it('gives no two event types the same title', () => {
    expect(new Set(catalogue.map(({ title }) => title)).size).toBe(catalogue.length);
  });

  it('has a customer-defined name only for custom events', () => {
    expect(catalogue.filter(({ hasOwnName }) => hasOwnName)).toEqual([typeOf('users.behaviors.CustomEvent')]);
  });

  it('marks personal data', () => {
    expect(propertyOf('users.messages.email.Open', 'email_address')?.personal).toBe(true);
    expect(propertyOf('users.messages.email.Open', 'campaign_id')?.personal).toBeUndefined();
  });
});

describe('the tree of groups and channels', () => {
  it('contains every event type once, in its own group and channel', () => {
    expect(groups.flatMap((group) => group.channels)).toEqual(channels);
    for (const channel of channels) {
      for (const eventType of channel.eventTypes) expect(channelKey(eventType)).toBe(channel.key);
    }
    expect(channels.flatMap((channel) => channel.eventTypes)).toEqual(catalogue);
  });

  it('gives every channel its own key, even if channels of two groups have the same name', () => {
    expect(new Set(channels.map(({ key }) => key)).size).toBe(channels.length);
    expect(channels.filter(({ channel }) => channel === 'liveactivity').map(({ key }) => key)).toEqual([
      'behaviour/liveactivity',
      'message/liveactivity',
    ]);
  });

  it('counts 14 behaviour, 3 campaign, 9 canvas, 68 message and 6 other event types', () => {
    const counts = groups.map(({ group, channels }) => [
      group,
      channels.flatMap((channel) => channel.eventTypes).length,
    ]);
    expect(counts).toEqual([
      ['behaviour', 14],
      ['campaign', 3],
      ['canvas', 9],
      ['message', 68],
      ['other', 6],
    ]);
  });

  it('has a label and a description everywhere', () => {
    for (const { label, description } of [...groups, ...channels]) {
      expect(label).not.toBe('');
      expect(description).toMatch(/\.$/);
    }
  });
});
