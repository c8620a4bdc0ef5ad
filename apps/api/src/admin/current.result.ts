import { createUnionType, Field, ObjectType, registerEnumType } from 'type-graphql';
import { Current, Selection } from './current.type.js';
import { Problem, ProblemType } from './base/problem.js';
import { kindOf } from './base/kind.js';
import {
  BaseUrlNotAllowed,
  CredentialsInvalid,
  CurrentNotFound,
  CurrentNotReady,
  InputInvalid,
  NameTaken,
  NotConfirmed,
  SelectionInvalid,
  SettingsInvalid,
  UnknownDestination,
  WrongState,
} from './problem.type.js';
import { Count, JsonObject } from './base/scalars.js';

@ObjectType({ description: 'What a Current was before it was changed: give it back to undo the change.' })
export class Before {
  @Field(() => String, { description: 'Its name.' })
  name!: string;

  @Field(() => String, { description: 'Its contact e-mail.' })
  contactEmail!: string;

  @Field(() => JsonObject, { description: 'Its settings.' })
  settings!: Readonly<Record<string, unknown>>;

  @Field(() => Selection, { description: 'Its selection.' })
  selection!: Selection;
}

@ObjectType({ description: 'A Current was changed.' })
export class CurrentChanged {
  @Field(() => Current, { description: 'As it is now.' })
  current!: Current;

  @Field(() => Before, { description: 'As it was. Former credentials are gone.' })
  before!: Before;
}

@ObjectType({ description: 'A Current was deleted.' })
export class CurrentDeleted {
  @Field(() => Current, { description: 'What is left of it to look at.' })
  current!: Current;

  @Field(() => Count, { description: 'Events that were still pending. They expire, with the code current_deleted.' })
  pendingEvents!: number;
}

@ObjectType({ description: 'The destination would take events.' })
export class TestPassed {
  @Field(() => String, { description: 'That it would, in a sentence.' })
  message!: string;
}

const TestOutcome = { refused: 'refused', unreachable: 'unreachable' } as const;
registerEnumType(TestOutcome, {
  name: 'TestOutcome',
  description: 'How a test failed.',
  valuesConfig: {
    refused: { description: 'The destination said no.' },
    unreachable: { description: 'The destination could not be asked, or did not answer.' },
  },
});

@ProblemType('The destination would not take events as things are.')
export class TestFailed extends Problem {
  @Field(() => TestOutcome, { description: 'Whether it said no, or nothing.' })
  outcome!: keyof typeof TestOutcome;

  @Field(() => String, { description: 'Why, for machines.' })
  reason!: string;
}

export const CurrentResult = createUnionType({
  name: 'CurrentResult',
  description: 'A Current, or that there is none.',
  types: () => [Current, CurrentNotFound] as const,
  resolveType: kindOf,
});

export const CreateCurrentResult = createUnionType({
  name: 'CreateCurrentResult',
  description: 'The new Current, or why there is none.',
  types: () =>
    [
      Current,
      InputInvalid,
      NameTaken,
      UnknownDestination,
      SettingsInvalid,
      BaseUrlNotAllowed,
      CredentialsInvalid,
      SelectionInvalid,
    ] as const,
  resolveType: kindOf,
});

export const ChangeCurrentResult = createUnionType({
  name: 'ChangeCurrentResult',
  description: 'The changed Current, or why it is as it was.',
  types: () =>
    [
      CurrentChanged,
      CurrentNotFound,
      WrongState,
      InputInvalid,
      NameTaken,
      UnknownDestination,
      SettingsInvalid,
      BaseUrlNotAllowed,
      CredentialsInvalid,
      SelectionInvalid,
      NotConfirmed,
    ] as const,
  resolveType: kindOf,
});

export const TestCredentialsResult = createUnionType({
  name: 'TestCredentialsResult',
  description: 'What the destination said, or why it was not asked.',
  types: () =>
    [
      TestPassed,
      TestFailed,
      CurrentNotFound,
      WrongState,
      CurrentNotReady,
      UnknownDestination,
      SettingsInvalid,
      BaseUrlNotAllowed,
      CredentialsInvalid,
    ] as const,
  resolveType: kindOf,
});

export const GoLiveResult = createUnionType({
  name: 'GoLiveResult',
  description: 'The Current, now live, or why it is not.',
  types: () => [Current, CurrentNotFound, WrongState, CurrentNotReady] as const,
  resolveType: kindOf,
});

export const PauseCurrentResult = createUnionType({
  name: 'PauseCurrentResult',
  description: 'The Current, now paused, or why it is not.',
  types: () => [Current, CurrentNotFound, WrongState] as const,
  resolveType: kindOf,
});

export const DeleteCurrentResult = createUnionType({
  name: 'DeleteCurrentResult',
  description: 'What was deleted, or why nothing was.',
  types: () => [CurrentDeleted, CurrentNotFound, WrongState, NotConfirmed] as const,
  resolveType: kindOf,
});
