export type PropertyType = 'string' | 'boolean' | 'int' | 'long' | 'float' | 'string[]' | 'object';

export interface EventProperty {
  readonly name: string;
  /** `int` and `long` are whole numbers, `float` any number; `string[]` may hold nulls beside its strings. */
  readonly type: PropertyType;
  /** False: the platform always sends it. Events without it are accepted, except custom events without a name. */
  readonly nullable: boolean;
  readonly description: string;
  /** The platform may still send it, but advises against using it. */
  readonly deprecated?: true;
  /** Personal data: an address, a number, a text that the user wrote. */
  readonly personal?: true;
}

export type GroupName = 'behaviour' | 'campaign' | 'canvas' | 'message' | 'other';

/** A kind of event. There is one object per kind, so `===` compares kinds. */
export interface EventType {
  /** Index in the catalogue, from 0, for tables in memory. Not for storage: it changes when types are added. */
  readonly index: number;
  /** Canonical spelling, dotted: `users.messages.email.Open`. */
  readonly name: string;
  /** Braze's title, such as `Email Open`: its integrations name events by it, so a change renames them at destinations. */
  readonly title: string;
  readonly group: GroupName;
  /** Unique within the group only; see `channelKey`. */
  readonly channel: string;
  /** When it fires. */
  readonly description: string;
  /** True for custom events only: the customer names each one, in `properties.name`. */
  readonly hasOwnName: boolean;
  /** Other spellings, accepted on input and rewritten to `name`. */
  readonly aliases: readonly string[];
  readonly deprecated: boolean;
  /** The known properties of such events. */
  readonly properties: readonly EventProperty[];
}

/** `message/email`: the name of a channel that is unique over all groups. */
export function channelKey(channel: Pick<EventType, 'group' | 'channel'>): string {
  return `${channel.group}/${channel.channel}`;
}
