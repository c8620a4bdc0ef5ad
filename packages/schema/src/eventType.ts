export type PropertyType = 'string' | 'boolean' | 'int' | 'long' | 'float' | 'string[]' | 'object';

export interface EventProperty {
  readonly name: string;
  /** `int` and `long` are whole numbers, `float` any number; `string[]` may hold nulls beside its strings. */
  readonly type: PropertyType;
  /** False: the platform promises it. An event without it is accepted all the same, except a custom event's name. */
  readonly nullable: boolean;
  readonly description: string;
  /** The platform still may send it, and advises against reading it. */
  readonly deprecated?: true;
  /** Says something about the person: an address, a number, words they wrote. */
  readonly personal?: true;
}

export type GroupName = 'behaviour' | 'campaign' | 'canvas' | 'message' | 'other';

/** A kind of event. The same kind is always the same object, so `===` tells kinds apart. */
export interface EventType {
  /** Place in the catalogue, from 0. Good for tables in memory; not for storage, it moves when types are added. */
  readonly index: number;
  /** Canonical spelling, dotted: `users.messages.email.Open`. */
  readonly name: string;
  /** Braze's title, such as `Email Open`: its integrations name events by it, so a change renames them at destinations. */
  readonly title: string;
  readonly group: GroupName;
  /** A word within the group; `message` and `behaviour` share some. See `channelKey` for a unique one. */
  readonly channel: string;
  /** When it fires. */
  readonly description: string;
  /** True for custom events only: the customer names each one, in `properties.name`. */
  readonly hasOwnName: boolean;
  /** Other spellings taken on input and rewritten to `name`. */
  readonly aliases: readonly string[];
  readonly deprecated: boolean;
  /** What `properties` of such an event may hold, beside fields this version does not know. */
  readonly properties: readonly EventProperty[];
}

/** `message/email`: the one spelling of a channel that is unique over all groups. */
export function channelKey(channel: Pick<EventType, 'group' | 'channel'>): string {
  return `${channel.group}/${channel.channel}`;
}
