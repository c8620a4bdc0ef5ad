import type { Connector } from '@currents/connector';
import { fieldProblem } from '../admin/problem.js';
import type { Problems } from './settings.js';
import { catalogue, checkSelection, findEventType, selects, type EventType, type Selection } from '@currents/schema';

const pathOf = {
  empty_selection: 'selection',
  unknown_event_type: 'selection.eventTypes',
  unknown_channel: 'selection.channels',
  unknown_group: 'selection.groups',
} as const;

/** More names than there will ever be event types; looking for names like so many unknown ones would take long. */
const maxNames = 500;

/** Refuses a selection that would carry nothing. The answer holds each name once, event types in the catalogue's spelling. */
export function checkSelectionFor(
  connector: Connector,
  given: Selection,
): { readonly selection: Selection } | Problems {
  const names = given.eventTypes.length + given.channels.length + given.groups.length;
  if (names > maxNames) {
    return {
      problems: [fieldProblem('selection', 'out_of_range', `expected at most ${maxNames} names, got ${names}`)],
    };
  }
  const problems = checkSelection(given).map((problem) =>
    'suggestions' in problem
      ? fieldProblem(pathOf[problem.code], 'unknown_value', problem.detail, problem.suggestions)
      : fieldProblem(pathOf[problem.code], 'required', problem.detail),
  );
  if (problems.length > 0) return { problems };
  const selection = {
    eventTypes: once(given.eventTypes.map((name) => findEventType(name)?.name ?? name)),
    channels: once(given.channels),
    groups: once(given.groups),
  };
  if (carried(selection, connector).length > 0) return { selection };
  const untaken = notTaken(selection, connector).map(({ name }) => name);
  const message = `${connector.label} supports none of the selected event types: ${untaken.join(', ')}`;
  return { problems: [fieldProblem('selection', 'required', message)] };
}

/** The event types that reach the destination. */
export function carried(selection: Selection, connector: Connector): readonly EventType[] {
  return catalogue.filter((type) => connector.nameOf(type.name) !== undefined && selects(selection, type));
}

/** The event types that are selected and that the destination does not support. */
export function notTaken(selection: Selection, connector: Connector): readonly EventType[] {
  return catalogue.filter((type) => connector.nameOf(type.name) === undefined && selects(selection, type));
}

function once(names: readonly string[]): readonly string[] {
  return [...new Set(names)];
}
