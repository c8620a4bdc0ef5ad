import type { ProfileParts, UserProfile, UserQuery } from '@currents/connector';
import { isUsable, loadCurrent } from '../loadCurrent.js';
import type { Admin } from '../admin/admin.js';
import { findCurrent } from './currents.js';
import {
  currentNotFound,
  inputInvalid,
  type CurrentNotFound,
  type FieldProblem,
  type InputInvalid,
  type WrongState,
} from '../admin/problem.js';
import { shownWords } from './redactAnswer.js';
import type { CurrentNotReady } from './transitions.js';

/** Whose profile, by at least one of the ids, and which parts of it. */
export interface UserProfileQuestion {
  readonly userId?: string | undefined;
  readonly deviceId?: string | undefined;
  readonly parts: ProfileParts;
}

export interface UserProfileFound extends UserProfile {
  readonly kind: 'UserProfile';
}

/** The destination has seen neither id. */
export interface UserNotFound {
  readonly kind: 'UserNotFound';
  readonly message: string;
}

/** Not of this destination, not in this region, or not with these credentials. */
export interface LookupNotAvailable {
  readonly kind: 'LookupNotAvailable';
  readonly message: string;
  readonly code: string;
}

/** Asking again changes nothing before a person repairs the Current. */
export interface LookupRefused {
  readonly kind: 'LookupRefused';
  readonly message: string;
  readonly code: string;
}

/** The destination has had as many questions as it takes for now. */
export interface LookupThrottled {
  readonly kind: 'LookupThrottled';
  readonly message: string;
  readonly retryAfterMs: number;
}

/** The destination did not answer, or nothing that could be read. */
export interface LookupFailed {
  readonly kind: 'LookupFailed';
  readonly message: string;
  readonly code: string;
}

export type UserProfileResult =
  | UserProfileFound
  | UserNotFound
  | LookupNotAvailable
  | LookupRefused
  | LookupThrottled
  | LookupFailed
  | CurrentNotFound
  | WrongState
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
  if (!row) return currentNotFound(id);
  if (row.state === 'deleted') {
    const message = `${JSON.stringify(row.name)} is deleted, and its credentials are gone: ask with another Current`;
    return { kind: 'WrongState', message, state: row.state, possible: [] };
  }
  const query = checkQuestion(question);
  if ('kind' in query) return query;
  const working = await loadCurrent(admin.sql, row.id, admin);
  if (!working) return currentNotFound(id);
  if (!isUsable(working)) return { kind: 'CurrentNotReady', message: working.detail, code: working.code };
  const { connector, settings, credentials } = working;
  if (!connector.lookUpUser) {
    return { kind: 'LookupNotAvailable', message: `${connector.label} cannot be asked for users`, code: 'not_offered' };
  }

  const shown = shownWords(connector, credentials);
  let answer;
  try {
    answer = await connector.lookUpUser(query, { settings, credentials, http: admin.http });
  } catch (error) {
    const name = error instanceof Error ? error.name : typeof error;
    return { kind: 'LookupFailed', message: `the connector failed: ${name}`, code: 'lookup_threw' };
  }
  switch (answer.outcome) {
    case 'found':
      return { kind: 'UserProfile', ...answer.profile };
    case 'notFound':
      return { kind: 'UserNotFound', message: `${connector.label} has seen no such user` };
    case 'notAvailable':
      return { kind: 'LookupNotAvailable', message: shown(answer.detail), code: answer.code };
    case 'refused':
      return { kind: 'LookupRefused', message: shown(answer.detail), code: answer.code };
    case 'throttled':
      return { kind: 'LookupThrottled', message: shown(answer.detail), retryAfterMs: answer.afterMs };
    case 'unreachable':
      return { kind: 'LookupFailed', message: shown(answer.detail), code: answer.code };
  }
}

const longestId = 1_024;
/** More would not fit into the address of a request. */
const mostIds = 50;

function checkQuestion({ userId, deviceId, parts }: UserProfileQuestion): UserQuery | InputInvalid {
  const problems: FieldProblem[] = [];
  const problem = (field: string, message: string): void => void problems.push({ field, message });
  const checkId = (field: string, value: string | undefined): void => {
    if (value === undefined) return;
    if (value.trim() === '') problem(field, 'wanted an id; only blanks came');
    else if (value.length > longestId) problem(field, `wanted at most ${longestId} characters; ${value.length} came`);
    else if (!value.isWellFormed()) problem(field, 'wanted well-formed text');
  };
  const checkIds = (field: string, ids: readonly string[] | undefined): void => {
    if (ids === undefined) return;
    if (ids.length === 0 || ids.length > mostIds) problem(field, `wanted 1 to ${mostIds} ids; ${ids.length} came`);
    else if (!ids.every((each) => /^[\w.:~-]{1,100}$/.test(each)))
      problem(field, 'wanted ids of letters, digits, hyphens and the like; something else is among them');
  };
  checkId('userId', userId);
  checkId('deviceId', deviceId);
  checkIds('computationIds', parts.computations === 'all' ? undefined : parts.computations);
  checkIds('recommendationIds', parts.recommendations?.ids);
  checkIds('predictionIds', parts.propensities?.predictionIds);
  if (userId === undefined && deviceId === undefined)
    problem('userId', 'wanted userId, deviceId or both; neither came');
  if (problems.length > 0) return inputInvalid(problems);
  if (userId === undefined) return { deviceId: deviceId as string, parts };
  return deviceId === undefined ? { userId, parts } : { userId, deviceId, parts };
}
