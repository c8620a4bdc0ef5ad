import type { CurrentState } from '../db/schema.js';

/**
 * An expected failure of an admin operation: a kind for programs, a message for people and the fields needed to act.
 * Anything else that goes wrong is thrown.
 */
export type Problem<Kind extends string, Fields = unknown> = {
  readonly kind: Kind;
  readonly message: string;
} & Readonly<Fields>;

/** Why one field of an input cannot be used. */
export type FieldProblemCode =
  | 'required'
  | 'wrong_type'
  | 'malformed'
  | 'out_of_range'
  | 'unknown_field'
  | 'unknown_value'
  | 'not_allowed'
  | 'taken';

/** One field of an input and what is wrong with it. */
export interface FieldProblem {
  /** Path of the field below the input, such as `['settings', 'region']`. */
  readonly path: readonly string[];
  readonly code: FieldProblemCode;
  /** What was expected and what came; of credentials, never what came. */
  readonly message: string;
  /** Known values like the one that came, the most alike first. */
  readonly suggestions?: readonly string[];
}

/** @param path joined by full stops, such as `settings.region`. */
export function fieldProblem(
  path: string,
  code: FieldProblemCode,
  message: string,
  suggestions: readonly string[] = [],
): FieldProblem {
  return { path: path.split('.'), code, message, suggestions };
}

export type CurrentNotFound = Problem<'CurrentNotFound'>;

/** The action is not possible in the state that the Current is in. */
export type CurrentWrongState = Problem<
  'CurrentWrongState',
  { state: CurrentState; allowedActions: readonly CurrentAction[] }
>;

/** The owner is the object that has the name. */
export type NameTaken = Problem<
  'NameTaken',
  { ownerType: 'Current' | 'ImportKey' | 'IngestToken' | 'Segment'; ownerId: string }
>;

export type InputInvalid = Problem<'InputInvalid', { problems: readonly FieldProblem[] }>;

/** What cannot be undone was not confirmed by repeating a name or id. */
export type NotConfirmed = Problem<'NotConfirmed'>;

/** The object has another version by now than the one that a change is based on. */
export type VersionConflict<Node> = Problem<'VersionConflict', { version: number; node: Node }>;

/** An action that a state of a Current may allow. */
export type CurrentAction = 'launch' | 'pause' | 'resume' | 'update' | 'test' | 'replay' | 'delete';

export function currentNotFound(): CurrentNotFound {
  return { kind: 'CurrentNotFound', message: 'there is no Current with this id' };
}

/** The message has all problems in one line. */
export function inputInvalid(problems: readonly FieldProblem[]): InputInvalid {
  const message = problems.map((problem) => `${problem.path.join('.')}: ${problem.message}`).join('; ');
  return { kind: 'InputInvalid', message, problems };
}

export function versionConflict<Node extends { readonly version: number }>(
  node: Node,
  ifVersion: number,
): VersionConflict<Node> {
  const message = `ifVersion: expected ${node.version}, the present version; got ${ifVersion}`;
  return { kind: 'VersionConflict', message, version: node.version, node };
}

/** @param consequence of the action, for the message. */
export function notConfirmed(argument: string, expected: string | number, consequence = ''): NotConfirmed {
  const message = `${argument}: expected ${JSON.stringify(expected)}, got something else${consequence}`;
  return { kind: 'NotConfirmed', message };
}
