import { behaviour } from './events/behaviour.js';
import { campaign } from './events/campaign.js';
import { canvas } from './events/canvas.js';
import { message } from './events/message.js';
import { other } from './events/other.js';
import { channelKey, type EventType, type GroupName } from './eventType.js';

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

let index = 0;

/** The catalogue as a tree: group → channel → event type. */
export const groups: readonly EventGroup[] = [behaviour, campaign, canvas, message, other].map((definition) => ({
  ...definition,
  channels: definition.channels.map(({ events, ...facts }) => {
    const place = { group: definition.group, channel: facts.channel };
    const eventTypes = events.map((event) => ({ ...event, ...place, index: index++ }));
    return { ...facts, ...place, key: channelKey(place), eventTypes };
  }),
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
