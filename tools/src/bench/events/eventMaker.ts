import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { sampleOf, type CatalogueEvent } from '@currents/schema';
import { createRandom, type Random } from '../../fakes/random.js';

/** The event types of a shop with an app and newsletters that Mixpanel supports. */
export const benchEventTypes = [
  'users.behaviors.CustomEvent',
  'users.behaviors.Purchase',
  'users.behaviors.app.SessionStart',
  'users.campaigns.Conversion',
  'users.canvas.Entry',
  'users.messages.email.Send',
  'users.messages.email.Delivery',
  'users.messages.email.Open',
  'users.messages.email.Click',
  'users.messages.pushnotification.Send',
  'users.messages.pushnotification.Open',
  'users.messages.inappmessage.Impression',
  'users.messages.contentcard.Impression',
  'users.messages.sms.Delivery',
] as const;

export const users = 50_000;
const campaigns = 40;
/** Approximate bytes of JSON of a message event; with the short behaviour events, the mean is 590. */
const fullBytes = 610;

type Properties = Record<string, unknown>;

/** Returns a function from a number to an event: the same seed and number give the same event, in any order of calls. */
export type EventMaker = (number: number) => CatalogueEvent;

export function createEventMaker(seed: number): EventMaker {
  const templates = benchEventTypes.map(trimmedSampleOf);
  return (number) => {
    const random = createRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
    const template = templates[Math.floor(random() * templates.length)] as CatalogueEvent;
    const user = Math.floor(random() * users);
    return {
      event_type: template.event_type,
      id: uuid(random),
      time: template.time + Math.floor(number / 100),
      user: userOf(user, seed),
      properties: varied(template.properties, random, seed),
    };
  };
}

/** The sample of a message belongs to a campaign and a canvas; a real one belongs to one of them and is shorter. */
function trimmedSampleOf(eventType: string): CatalogueEvent {
  const sample = sampleOf(eventType);
  const properties: Properties = {};
  let bytes = JSON.stringify({ ...sample, properties }).length;
  for (const [name, value] of Object.entries(sample.properties)) {
    if (name.startsWith('canvas_') && eventType.startsWith('users.messages.')) continue;
    const added = JSON.stringify({ [name]: value }).length - 1;
    if (bytes + added > fullBytes) continue;
    properties[name] = value;
    bytes += added;
  }
  return { ...sample, properties };
}

function userOf(user: number, seed: number): CatalogueEvent['user'] {
  const random = createRandom(Math.imul(seed, 0xc2b2ae35) ^ user);
  return {
    user_id: hex(random, 24),
    external_user_id: `customer-${String(user).padStart(5, '0')}`,
    device_id: uuid(random).toUpperCase(),
    timezone: 'Europe/Oslo',
  };
}

/** Ids vary as in real events: one of 40 campaigns, and a unique dispatch or session. */
function varied(template: Properties, random: Random, seed: number): Properties {
  const campaign = createRandom(Math.imul(seed, 0x27d4eb2f) ^ Math.floor(random() * campaigns));
  const properties: Properties = {};
  for (const name in template) {
    const value = template[name];
    if (name === 'session_id') properties[name] = uuid(random);
    else if (name === 'dispatch_id') properties[name] = hex(random, 32);
    else if (name === 'price') properties[name] = Math.round(random() * 10_000) / 100;
    else if (/^(campaign|message_variation|canvas)_.*id$/.test(name)) properties[name] = uuid(campaign);
    else properties[name] = value;
  }
  return properties;
}

function hex(random: Random, digits: number): string {
  let text = '';
  while (text.length < digits)
    text += Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return text.slice(0, digits);
}

function uuid(random: Random): string {
  return hex(random, 32).replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-a$4-$5');
}

const eventsAtATime = 500;

/** Writes the events from 0 to `count`, one per line. */
export async function writeNdjson(path: string, make: EventMaker, count: number): Promise<void> {
  function* lines(): Generator<string> {
    for (let first = 0; first < count; first += eventsAtATime) {
      let text = '';
      for (let number = first; number < Math.min(first + eventsAtATime, count); number++)
        text += `${JSON.stringify(make(number))}\n`;
      yield text;
    }
  }
  await pipeline(Readable.from(lines()), createWriteStream(path));
}
