import type { EventProperty, EventType, GroupName } from '../eventType.js';
import { properties, type PropertyFacts, type PropertyName } from './properties.js';

/** A property by its name; or written out where an event means something else by the name than the rest do. */
type PropertyUse = PropertyName | ({ readonly name: string } & PropertyFacts);

interface EventOptions {
  readonly required?: readonly PropertyUse[];
  readonly optional?: readonly PropertyUse[];
  /** Optional too, and advised against. */
  readonly deprecatedProperties?: readonly PropertyUse[];
  /** The customer names each event, in `properties.name`. */
  readonly hasOwnName?: true;
  readonly aliases?: readonly string[];
  readonly deprecated?: true;
}

/** An event type without its place in the tree. */
export type EventDefinition = Omit<EventType, 'index' | 'group' | 'channel'>;

/** Defines an event type with its required properties first, then the optional ones. */
export function event(name: string, title: string, description: string, options: EventOptions): EventDefinition {
  const { required = [], optional = [], deprecatedProperties = [], ...facts } = options;
  return {
    ...{ name, title, description, hasOwnName: false, aliases: [], deprecated: false, ...facts },
    properties: [
      ...required.map((use) => propertyOf(use, false)),
      ...optional.map((use) => propertyOf(use, true)),
      ...deprecatedProperties.map((use) => ({ ...propertyOf(use, true), deprecated: true as const })),
    ],
  };
}

function propertyOf(use: PropertyUse, nullable: boolean): EventProperty {
  if (typeof use !== 'string') return { ...use, nullable };
  const { sample, ...facts } = properties[use];
  return { name: use, nullable, ...facts };
}

export function channel(channel: string, label: string, description: string, events: readonly EventDefinition[]) {
  return { channel, label, description, events };
}

type ChannelDefinition = ReturnType<typeof channel>;

export function group(group: GroupName, label: string, description: string, channels: readonly ChannelDefinition[]) {
  return { group, label, description, channels };
}
