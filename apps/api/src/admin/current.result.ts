import { Field, Int, ObjectType } from 'type-graphql';
import { enumOf } from './base/enum.js';
import { Problem, ProblemType, resultUnion } from './base/problem.js';
import { Count, JsonObject } from './base/scalars.js';
import { Current, CurrentSelection } from './current.type.js';
import { FieldRules } from './fieldRules.type.js';
import { Job } from './job.type.js';
import {
  CurrentNotFound,
  CurrentNotReady,
  CurrentWrongState,
  InputInvalid,
  NameTaken,
  NotConfirmed,
  VersionConflict,
} from './problem.type.js';

@ObjectType({ description: 'A Current was created, as a draft.' })
export class CreateCurrentPayload {
  @Field(() => Current, { description: 'The new Current.' })
  current!: Current;
}

@ObjectType({ description: 'What a Current was before it was updated. Pass it to updateCurrent to undo the change.' })
export class CurrentBefore {
  @Field(() => String, { description: 'The former name.' })
  name!: string;

  @Field(() => String, { description: 'The former contact e-mail.' })
  contactEmail!: string;

  @Field(() => JsonObject, { description: 'The former settings, all of them.' })
  settings!: Readonly<Record<string, unknown>>;

  @Field(() => CurrentSelection, { description: 'The former selection.' })
  selection!: CurrentSelection;

  @Field(() => FieldRules, { description: 'The former field rules.' })
  fieldRules!: FieldRules;

  @Field(() => Int, { description: 'The former longest time in milliseconds for which due events gather.' })
  lingerMs!: number;
}

@ObjectType({ description: 'A Current was updated.' })
export class UpdateCurrentPayload {
  @Field(() => Current, { description: 'The Current as it is now.' })
  current!: Current;

  @Field(() => CurrentBefore, { description: 'The Current as it was. Former credentials are gone.' })
  before!: CurrentBefore;
}

@ObjectType({ description: 'A Current is live.' })
export class LaunchCurrentPayload {
  @Field(() => Current, { description: 'The Current, which is live now or was so already.' })
  current!: Current;

  @Field(() => Job, {
    nullable: true,
    description: 'The job that sends what came before; null without `from`, or when the Current was live already.',
  })
  backfill?: Job;
}

@ObjectType({ description: 'A Current is paused.' })
export class PauseCurrentPayload {
  @Field(() => Current, { description: 'The Current, which is paused now or was so already.' })
  current!: Current;
}

@ObjectType({ description: 'A Current is live again.' })
export class ResumeCurrentPayload {
  @Field(() => Current, { description: 'The Current, which is live now or was so already.' })
  current!: Current;
}

@ObjectType({ description: 'A Current was deleted.' })
export class DeleteCurrentPayload {
  @Field(() => Current, { description: 'What is left of the Current to read.' })
  current!: Current;

  @Field(() => Count, {
    description: 'Number of events that were still pending; they expire with the code current_deleted.',
  })
  pendingCount!: number;
}

@ObjectType({ description: 'The destination would accept events.' })
export class TestCredentialsPayload {
  @Field(() => String, { description: 'The result in a sentence for people.' })
  message!: string;
}

export const TestOutcome = enumOf<'refused' | 'unreachable'>('TestOutcome', 'How a test failed.', {
  refused: 'The destination answered that it does not accept them.',
  unreachable: 'The destination could not be asked, or did not answer.',
});

@ProblemType(
  'The destination does not accept events with these settings and credentials, or did not answer.',
  'Correct the settings or credentials if they were refused; repeat the test later if the destination did not answer. launchCurrent with skipTest launches a draft all the same.',
)
export class TestFailed extends Problem {
  @Field(() => TestOutcome, { description: 'Whether the destination refused, or did not answer.' })
  outcome!: 'refused' | 'unreachable';

  @Field(() => String, {
    description: 'The reason as a code of the connector, such as credentials_refused or timeout.',
  })
  reason!: string;
}

@ProblemType(
  'As many requests to destinations were made as are allowed in a minute.',
  'Repeat the request after retryAfterMs.',
)
export class CallsThrottled extends Problem {
  @Field(() => Int, { description: 'Milliseconds after which the request is allowed.' })
  retryAfterMs!: number;
}

export const CurrentResult = resultUnion('CurrentResult', 'A Current, or why there is none.', () => [
  Current,
  CurrentNotFound,
]);

export const CreateCurrentResult = resultUnion('CreateCurrentResult', 'The new Current, or why there is none.', () => [
  CreateCurrentPayload,
  InputInvalid,
  NameTaken,
]);

export const UpdateCurrentResult = resultUnion(
  'UpdateCurrentResult',
  'The updated Current, or why it was not updated.',
  () => [
    UpdateCurrentPayload,
    CurrentNotFound,
    CurrentWrongState,
    CurrentNotReady,
    VersionConflict,
    InputInvalid,
    NameTaken,
    NotConfirmed,
  ],
);

export const TestCredentialsResult = resultUnion(
  'TestCredentialsResult',
  'What the destination answered, or why it was not asked.',
  () => [
    TestCredentialsPayload,
    TestFailed,
    CallsThrottled,
    CurrentNotFound,
    CurrentWrongState,
    CurrentNotReady,
    InputInvalid,
  ],
);

export const LaunchCurrentResult = resultUnion(
  'LaunchCurrentResult',
  'The live Current, or why it was not launched.',
  () => [LaunchCurrentPayload, TestFailed, CurrentNotFound, CurrentWrongState, CurrentNotReady, InputInvalid],
);

export const PauseCurrentResult = resultUnion(
  'PauseCurrentResult',
  'The paused Current, or why it was not paused.',
  () => [PauseCurrentPayload, CurrentNotFound, CurrentWrongState],
);

export const ResumeCurrentResult = resultUnion(
  'ResumeCurrentResult',
  'The live Current, or why it was not resumed.',
  () => [ResumeCurrentPayload, CurrentNotFound, CurrentWrongState, CurrentNotReady],
);

export const DeleteCurrentResult = resultUnion(
  'DeleteCurrentResult',
  'The deleted Current, or why it was not deleted.',
  () => [DeleteCurrentPayload, CurrentNotFound, CurrentWrongState, NotConfirmed],
);
