import { behaviour } from './events/behaviour.js';
import { campaign } from './events/campaign.js';
import { canvas } from './events/canvas.js';
import type { EventDefinition, GroupDefinition, PropertyUse } from './events/definition.js';
import { message } from './events/message.js';
import { other } from './events/other.js';
import { properties, type PropertyFacts } from './events/properties.js';
import { channelKey, type EventProperty, type EventType, type GroupName } from './eventType.js';

/** A channel with its events, as an admin's tree shows it. */
export interface EventChannel {
  /** `message/email`, unique over all groups; what a Selection names. */
  readonly key: string;
  readonly group: GroupName;
  readonly channel: string;
  readonly label: string;
  readonly description: string;
  readonly eventTypes: readonly EventType[];
}

export interface EventGroup {
  readonly group: GroupName;
  readonly label: string;
  readonly description: string;
  readonly channels: readonly EventChannel[];
}

const groupDefinitions: readonly GroupDefinition[] = [behaviour, campaign, canvas, message, other];

let index = 0;

/** The catalogue as a tree: group → channel → event type. */
export const groups: readonly EventGroup[] = groupDefinitions.map(({ group, label, description, channels }) => ({
  group,
  label,
  description,
  channels: channels.map((definition) => ({
    key: channelKey({ group, channel: definition.channel }),
    group,
    channel: definition.channel,
    label: definition.label,
    description: definition.description,
    eventTypes: definition.events.map((event) => eventTypeOf(event, group, definition.channel, index++)),
  })),
}));

export const channels: readonly EventChannel[] = groups.flatMap((group) => group.channels);

/** Every event type there is, in the order of the tree; an event type stands at its own `index`. */
export const catalogue: readonly EventType[] = channels.flatMap((channel) => channel.eventTypes);

const byName: ReadonlyMap<string, EventType> = new Map(
  catalogue.flatMap((eventType) => [eventType.name, ...eventType.aliases].map((name) => [name, eventType] as const)),
);

/** Takes the canonical name or an alias, in the exact spelling. */
export function findEventType(name: string): EventType | undefined {
  return byName.get(name);
}

function eventTypeOf(event: EventDefinition, group: GroupName, channel: string, index: number): EventType {
  return {
    index,
    name: event.name,
    title: event.title,
    group,
    channel,
    description: event.description,
    hasOwnName: event.hasOwnName ?? false,
    aliases: event.aliases ?? [],
    deprecated: event.deprecated ?? false,
    properties: [
      ...(event.required ?? []).map((use) => propertyOf(use, false)),
      ...(event.optional ?? []).map((use) => propertyOf(use, true)),
      ...(event.deprecatedProperties ?? []).map((use) => ({ ...propertyOf(use, true), deprecated: true as const })),
    ],
  };
}

function propertyOf(use: PropertyUse, nullable: boolean): EventProperty {
  const { name, ...facts }: { readonly name: string } & PropertyFacts =
    typeof use === 'string' ? { name: use, ...properties[use] } : use;
  return { name, nullable, ...facts };
}
