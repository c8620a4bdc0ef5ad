import type { Connector } from '@currents/connector';
import { catalogue, checkSelection, findEventType, selects, type EventType, type Selection } from '@currents/schema';

export interface SelectionInvalid {
  readonly kind: 'SelectionInvalid';
  readonly message: string;
  readonly problems: readonly SelectionFault[];
}

export interface SelectionFault {
  readonly field: string;
  readonly message: string;
  /** Names like the one that nobody knows. */
  readonly suggestions: readonly string[];
}

const fieldOf = {
  empty_selection: 'selection',
  unknown_event_type: 'selection.eventTypes',
  unknown_channel: 'selection.channels',
  unknown_group: 'selection.groups',
} as const;

/** More names than there will ever be event types; looking for names like so many unknown ones would take long. */
const mostNames = 500;

/** Refuses a selection that would carry nothing. The answer holds each name once, event types in the catalogue's spelling. */
export function checkSelectionFor(
  connector: Connector,
  given: Selection,
): { readonly selection: Selection } | SelectionInvalid {
  const names = given.eventTypes.length + given.channels.length + given.groups.length;
  if (names > mostNames) {
    return selectionInvalid([
      { field: 'selection', message: `wanted at most ${mostNames} names; ${names} came`, suggestions: [] },
    ]);
  }
  const faults = checkSelection(given).map((problem) => ({
    field: fieldOf[problem.code],
    message: problem.detail,
    suggestions: 'suggestions' in problem ? problem.suggestions : [],
  }));
  if (faults.length > 0) return selectionInvalid(faults);
  const selection = {
    eventTypes: once(given.eventTypes.map((name) => findEventType(name)?.name ?? name)),
    channels: once(given.channels),
    groups: once(given.groups),
  };
  if (carried(selection, connector).length > 0) return { selection };
  const untaken = notTaken(selection, connector).map(({ name }) => name);
  const message = `${connector.label} takes none of the selected event types: ${untaken.join(', ')}`;
  return selectionInvalid([{ field: 'selection', message, suggestions: [] }]);
}

/** The event types that reach the destination. */
export function carried(selection: Selection, connector: Connector): readonly EventType[] {
  return catalogue.filter((type) => connector.nameOf(type.name) !== undefined && selects(selection, type));
}

/** The event types that are selected and that the destination does not take. */
export function notTaken(selection: Selection, connector: Connector): readonly EventType[] {
  return catalogue.filter((type) => connector.nameOf(type.name) === undefined && selects(selection, type));
}

function selectionInvalid(problems: readonly SelectionFault[]): SelectionInvalid {
  return {
    kind: 'SelectionInvalid',
    message: problems.map(({ field, message }) => `${field}: ${message}`).join('; '),
    problems,
  };
}

function once(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}
