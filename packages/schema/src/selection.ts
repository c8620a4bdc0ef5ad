import { catalogue, channels, findEventType, groups } from './catalogue.js';
import { channelKey, type EventType } from './eventType.js';
import { nearest } from './nearest.js';

/** The event types of a Current: those named, and all of the named channels and groups, including later ones. */
export interface Selection {
  /** Names of the catalogue, aliases included. */
  readonly eventTypes: readonly string[];
  /** Keys of channels, such as `message/email`: a channel's word alone is not unique. */
  readonly channels: readonly string[];
  readonly groups: readonly string[];
}

export type SelectionProblem =
  | { readonly code: 'empty_selection'; readonly detail: string }
  | {
      readonly code: 'unknown_event_type' | 'unknown_channel' | 'unknown_group';
      readonly detail: string;
      /** The unknown name. */
      readonly name: string;
      /** Similar names, the most similar first; empty if there are none. */
      readonly suggestions: readonly string[];
    };

const eventTypeNames: readonly string[] = catalogue.map(({ name }) => name);
const channelKeys: readonly string[] = channels.map(({ key }) => key);
const groupNames: readonly string[] = groups.map(({ group }) => group);

/** The problems of a Selection; empty when it is valid. */
export function checkSelection(selection: Selection): readonly SelectionProblem[] {
  const { eventTypes, channels, groups } = selection;
  if (eventTypes.length + channels.length + groups.length === 0) {
    return [{ code: 'empty_selection', detail: 'expected an event type, a channel or a group at least, got none' }];
  }
  return [
    ...eventTypes
      .filter((name) => findEventType(name) === undefined)
      .map((name) => unknown('unknown_event_type', name, eventTypeNames)),
    ...channels
      .filter((name) => !channelKeys.includes(name))
      .map((name) => unknown('unknown_channel', name, channelKeys)),
    ...groups.filter((name) => !groupNames.includes(name)).map((name) => unknown('unknown_group', name, groupNames)),
  ];
}

export function selects(selection: Selection, eventType: EventType): boolean {
  return (
    selection.groups.includes(eventType.group) ||
    selection.channels.includes(channelKey(eventType)) ||
    selection.eventTypes.some((name) => findEventType(name) === eventType)
  );
}

/** A Selection as a table for the hot path: by the `index` of an event type, whether it is carried. */
export function selectedTypes(selection: Selection): readonly boolean[] {
  return catalogue.map((eventType) => selects(selection, eventType));
}

type UnknownName = Extract<SelectionProblem, { readonly name: string }>;

function unknown(code: UnknownName['code'], name: string, names: readonly string[]): UnknownName {
  const suggestions = nearest(name, names);
  const hint = suggestions.length === 0 ? '' : `; did you mean ${suggestions.join(' or ')}?`;
  const detail = `${code.replaceAll('_', ' ')} ${JSON.stringify(name.slice(0, 100))}${hint}`;
  return { code, detail, name, suggestions };
}
