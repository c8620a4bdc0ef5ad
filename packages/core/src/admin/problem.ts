import type { CurrentState } from '../db/schema.js';

/*
 * What may go wrong by an admin's doing. Each is an expected answer with a kind for machines, a sentence for people and
 * the fields needed to act; anything else that goes wrong is thrown.
 */

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

export interface CurrentNotFound {
  readonly kind: 'CurrentNotFound';
  readonly message: string;
}

export interface WrongState {
  readonly kind: 'WrongState';
  readonly message: string;
  readonly state: CurrentState;
  readonly possible: readonly CurrentAction[];
}

export interface NameTaken {
  readonly kind: 'NameTaken';
  readonly message: string;
  /** Who has the name: a Current or an ingest token. */
  readonly ownerId: string;
}

export interface InputInvalid {
  readonly kind: 'InputInvalid';
  readonly message: string;
  readonly problems: readonly FieldProblem[];
}

/** A deed that cannot be undone was not confirmed as it has to be. */
export interface NotConfirmed {
  readonly kind: 'NotConfirmed';
  readonly message: string;
}

/** What can be done to a Current. */
export type CurrentAction = 'launch' | 'pause' | 'resume' | 'change' | 'test' | 'replay' | 'delete';

export function currentNotFound(id: string): CurrentNotFound {
  return { kind: 'CurrentNotFound', message: `there is no Current with the id ${JSON.stringify(id.slice(0, 40))}` };
}

export function inputInvalid(problems: readonly FieldProblem[]): InputInvalid {
  return { kind: 'InputInvalid', message: sentenceOf(problems), problems };
}

/** All problems in one line, for people. */
export function sentenceOf(problems: readonly FieldProblem[]): string {
  return problems.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
}
