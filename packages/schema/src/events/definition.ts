import type { GroupName } from '../eventType.js';
import type { PropertyFacts, PropertyName } from './properties.js';

/** A property by its name; or written out where an event means something else by the name than the rest do. */
export type PropertyUse = PropertyName | ({ readonly name: string } & PropertyFacts);

/** An event type as its file writes it down. */
export interface EventDefinition {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly required?: readonly PropertyUse[];
  readonly optional?: readonly PropertyUse[];
  /** Optional too, and advised against. */
  readonly deprecatedProperties?: readonly PropertyUse[];
  /** The customer names each event, in `properties.name`. */
  readonly hasOwnName?: true;
  readonly aliases?: readonly string[];
  readonly deprecated?: true;
}

export interface ChannelDefinition {
  readonly channel: string;
  readonly label: string;
  readonly description: string;
  readonly events: readonly EventDefinition[];
}

export interface GroupDefinition {
  readonly group: GroupName;
  readonly label: string;
  readonly description: string;
  readonly channels: readonly ChannelDefinition[];
}
