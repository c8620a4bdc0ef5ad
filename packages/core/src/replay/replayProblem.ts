import type { Db } from '../admin/admin.js';
import {
  currentNotFound,
  fieldProblem,
  inputInvalid,
  notConfirmed,
  type CurrentNotFound,
  type CurrentWrongState,
  type FieldProblem,
  type InputInvalid,
  type NotConfirmed,
} from '../admin/problem.js';
import { allowedActions } from '../currents/currentView.js';
import { findCurrent } from '../currents/currents.js';
import { wrongState } from '../currents/transitions.js';
import type { EventReplay } from './replayEvents.js';
import { maxUsers, unknownTypes, type EventReplayFilter } from './replayFilter.js';

/** More names than there are event types. */
const maxTypes = 500;
const maxUserLength = 1_024;

/** Why events cannot be replayed; undefined when they can. A draft's replay can only be planned. */
export async function eventReplayProblem(
  { db }: Db,
  { currentId, filter, isDryRun }: EventReplay,
  confirmName: string | undefined,
): Promise<CurrentNotFound | CurrentWrongState | InputInvalid | NotConfirmed | undefined> {
  const problems = filterProblems(filter);
  if (problems.length > 0) return inputInvalid(problems);
  const row = await findCurrent(db, currentId);
  if (!row) return currentNotFound();
  const isPlanned = isDryRun && row.state !== 'deleted';
  if (!isPlanned && !allowedActions(row.state).includes('replay')) return wrongState(row, 'replay');
  if (!isDryRun && confirmName !== row.name)
    return notConfirmed('confirmName', row.name, "; the Current's name confirms that events are sent again");
  return undefined;
}

function filterProblems({
  outcomes,
  from,
  to,
  eventTypes = [],
  users = [],
}: EventReplayFilter): readonly FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (outcomes.length === 0)
    problems.push(fieldProblem('filter.outcomes', 'required', 'expected at least one outcome, got none'));
  if (from && to && from >= to)
    problems.push(fieldProblem('filter.to', 'out_of_range', 'expected a time after from, got an earlier one'));
  if (users.length > maxUsers)
    problems.push(
      fieldProblem('filter.users', 'out_of_range', `expected at most ${maxUsers} ids, got ${users.length}`),
    );
  else if (users.some((user) => user === '' || user.length > maxUserLength))
    problems.push(
      fieldProblem(
        'filter.users',
        'malformed',
        `expected ids of 1 to ${maxUserLength} characters, got one that is not`,
      ),
    );
  if (eventTypes.length > maxTypes)
    problems.push(
      fieldProblem('filter.eventTypes', 'out_of_range', `expected at most ${maxTypes} names, got ${eventTypes.length}`),
    );
  else
    for (const name of unknownTypes(eventTypes).slice(0, 1))
      problems.push(
        fieldProblem(
          'filter.eventTypes',
          'unknown_value',
          `expected names of event types, got ${JSON.stringify(name.slice(0, 100))}`,
        ),
      );
  return problems;
}
