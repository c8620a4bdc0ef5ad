import type { ProfileParts, UserProfile, UserQuery } from '@currents/connector';
import { errorKind } from '../delivery/attemptContext.js';
import { isUsable, loadCurrent } from '../loadCurrent.js';
import type { Admin } from '../admin/admin.js';
import { findCurrent } from './currents.js';
import {
  currentNotFound,
  inputInvalid,
  type CurrentNotFound,
  type FieldProblem,
  type FieldProblemCode,
  fieldProblem,
  type InputInvalid,
  type CurrentWrongState,
  type Problem,
} from '../admin/problem.js';
import { shownWords } from './redactAnswer.js';
import type { CurrentNotReady } from './transitions.js';

/** Whose profile, by at least one of the ids, and which parts of it. */
export interface UserProfileQuestion {
  readonly userId?: string | undefined;
  readonly deviceId?: string | undefined;
  readonly parts: ProfileParts;
}

type UserProfileResult =
  | ({ readonly kind: 'UserProfile' } & UserProfile)
  /** The destination has seen neither id. */
  | Problem<'UserNotFound'>
  /** Not of this destination, not in this region, or not with these credentials. */
  | Problem<'LookupNotAvailable', { reason: string }>
  /** Asking again changes nothing before a person repairs the Current. */
  | Problem<'LookupRefused', { reason: string }>
  /** The destination has had as many questions as it takes for now. */
  | Problem<'LookupThrottled', { retryAfterMs: number }>
  /** The destination did not answer, or nothing that could be read. */
  | Problem<'LookupFailed', { reason: string }>
  | CurrentNotFound
  | CurrentWrongState
  | CurrentNotReady
  | InputInvalid;

/**
 * Asks a Current's destination, with the Current's credentials, what it knows of one user. Makes one request at most,
 * stores nothing and logs nothing of it.
 */
export async function lookUpUserProfile(
  admin: Admin,
  id: string,
  question: UserProfileQuestion,
): Promise<UserProfileResult> {
  const row = await findCurrent(admin.db, id);
  if (!row) return currentNotFound();
  if (row.state === 'deleted') {
    const message = `${JSON.stringify(row.name)} is deleted and no longer has credentials`;
    return { kind: 'CurrentWrongState', message, state: row.state, allowedActions: [] };
  }
  const query = checkQuestion(question);
  if ('kind' in query) return query;
  const working = await loadCurrent(admin.sql, row.id, admin);
  if (!working) return currentNotFound();
  if (!isUsable(working)) return { kind: 'CurrentNotReady', message: working.detail, reason: working.code };
  const { connector, settings, credentials } = working;
  if (!connector.lookUpUser) {
    const message = `${connector.label} cannot be asked for users`;
    return { kind: 'LookupNotAvailable', message, reason: 'not_offered' };
  }

  const shown = shownWords(connector, credentials);
  let answer;
  try {
    answer = await connector.lookUpUser(query, { settings, credentials, http: admin.http });
  } catch (error) {
    return { kind: 'LookupFailed', message: `the connector failed: ${errorKind(error)}`, reason: 'lookup_threw' };
  }
  switch (answer.outcome) {
    case 'found':
      return { kind: 'UserProfile', ...answer.profile };
    case 'notFound':
      return { kind: 'UserNotFound', message: `${connector.label} has seen no such user` };
    case 'notAvailable':
      return { kind: 'LookupNotAvailable', message: shown(answer.detail), reason: answer.code };
    case 'refused':
      return { kind: 'LookupRefused', message: shown(answer.detail), reason: answer.code };
    case 'throttled':
      return { kind: 'LookupThrottled', message: shown(answer.detail), retryAfterMs: answer.afterMs };
    case 'unreachable':
      return { kind: 'LookupFailed', message: shown(answer.detail), reason: answer.code };
  }
}

const maxIdLength = 1_024;
/** More would not fit into the address of a request. */
const maxIds = 50;

function checkQuestion({ userId, deviceId, parts }: UserProfileQuestion): UserQuery | InputInvalid {
  const problems: FieldProblem[] = [];
  const problem = (path: string, message: string, code: FieldProblemCode = 'malformed'): void =>
    void problems.push(fieldProblem(path, code, message));
  const checkId = (field: string, value: string | undefined): void => {
    if (value === undefined) return;
    if (value.trim() === '') problem(field, 'expected an id, got blanks');
    else if (value.length > maxIdLength)
      problem(field, `expected at most ${maxIdLength} characters, got ${value.length}`, 'out_of_range');
    else if (!value.isWellFormed()) problem(field, 'expected well-formed text');
  };
  const checkIds = (field: string, ids: readonly string[] | undefined): void => {
    if (ids === undefined) return;
    if (ids.length === 0 || ids.length > maxIds)
      problem(field, `expected 1 to ${maxIds} ids, got ${ids.length}`, 'out_of_range');
    else if (!ids.every((each) => /^[\w.:~-]{1,100}$/.test(each)))
      problem(field, 'expected ids of letters, digits, full stops, colons, tildes and hyphens');
  };
  checkId('userId', userId);
  checkId('deviceId', deviceId);
  checkIds('computationIds', parts.computations === 'all' ? undefined : parts.computations);
  checkIds('recommendationIds', parts.recommendations?.ids);
  checkIds('predictionIds', parts.propensities?.predictionIds);
  if (userId === undefined && deviceId === undefined)
    problem('userId', 'expected userId, deviceId or both, got neither', 'required');
  if (problems.length > 0) return inputInvalid(problems);
  if (userId === undefined) return { deviceId: deviceId as string, parts };
  return deviceId === undefined ? { userId, parts } : { userId, deviceId, parts };
}
