import type { JobOperation as Operation, JobState as State } from '@currents/core';
import { createUnionType, Field, InputType, ObjectType } from 'type-graphql';
import { connectionOf } from './base/connection.js';
import { enumOf, storedEnumOf } from './base/enum.js';
import { IdInput } from './base/inputs.js';
import { Node } from './base/node.js';
import { ProblemType, Problem, resultUnion } from './base/problem.js';
import { Count, DateTime } from './base/scalars.js';
import { CohortCheck } from './cohort.type.js';
import { DiscardResult, ReplayResult, RestoreResult } from './deadLetter.type.js';
import { LedgerCheck } from './ledger.type.js';
import { PurgeResult, ReleaseResult } from './quarantine.type.js';
import { EventReplayResult } from './replay.type.js';
import { ResealResult } from './reseal.type.js';
import { AdminToken } from './token.type.js';
import { UserDeletionResult } from './userDeletion.type.js';

export const JobOperation = enumOf<Operation>('JobOperation', 'What a job does.', {
  release_quarantined_events: 'Releases quarantined events: releaseQuarantinedEvents.',
  purge_quarantined_events: 'Deletes quarantined events: purgeQuarantinedEvents.',
  replay_dead_letters: 'Sends dead letters again: replayDeadLetters.',
  replay_events: 'Sends stored events again: replayEvents, or launchCurrent from an earlier time.',
  discard_dead_letters: 'Discards dead letters: discardDeadLetters.',
  restore_dead_letters: 'Restores discarded dead letters: restoreDeadLetters.',
  delete_user_data: 'Deletes what is stored of users: deleteUserData.',
  repeat_user_deletions: 'Deletes what a restored backup has of users again: repeatUserDeletions.',
  reseal_secrets: 'Seals all secrets with the present MASTER_KEY: resealSecrets.',
  check_ledger: 'Recounts the events of a Current: checkLedger.',
  check_cohort: 'Counts the members of a cohort: checkCohort.',
});

export const JobState = storedEnumOf<State>('JobState', 'How far a job has come.', {
  queued: 'It waits for a process of the api.',
  running: 'It is under way. If its process dies, another one goes on.',
  paused: 'It was paused, and waits for resumeJob. What it has done stays done.',
  done: 'It has done all that it was to do.',
  failed: 'It ended with an error. What it has done stays done.',
  cancelled: 'It was cancelled. What it has done stays done.',
});

const results: Readonly<Record<Operation, string>> = {
  release_quarantined_events: 'ReleaseResult',
  purge_quarantined_events: 'PurgeResult',
  replay_dead_letters: 'ReplayResult',
  replay_events: 'EventReplayResult',
  discard_dead_letters: 'DiscardResult',
  restore_dead_letters: 'RestoreResult',
  delete_user_data: 'UserDeletionResult',
  repeat_user_deletions: 'UserDeletionResult',
  reseal_secrets: 'ResealResult',
  check_ledger: 'LedgerCheck',
  check_cohort: 'CohortCheck',
};

export const JobResult = createUnionType({
  name: 'JobResult',
  description: 'What a job did, or would do if it was a dry run.',
  types: () => [
    ReleaseResult,
    PurgeResult,
    ReplayResult,
    DiscardResult,
    RestoreResult,
    EventReplayResult,
    LedgerCheck,
    CohortCheck,
    UserDeletionResult,
    ResealResult,
  ],
  resolveType: (value: object) => results[(value as { readonly operation: Operation }).operation],
});

@ObjectType({
  implements: Node,
  description: 'An operation that may take long. Kept for the retention period after its end.',
})
export class Job extends Node {
  @Field(() => JobOperation, { description: 'What it does, such as REPLAY_DEAD_LETTERS.' })
  operation!: Operation;

  @Field(() => Boolean, { description: 'Whether it is a dry run, which changes nothing.' })
  isDryRun!: boolean;

  @Field(() => String, {
    nullable: true,
    description:
      'Why it was asked for, such as "test events of 2026-01-31"; null where the operation asks for no reason.',
  })
  reason?: string;

  @Field(() => JobState, { description: 'How far it has come, such as RUNNING.' })
  state!: State;

  @Field(() => Count, {
    description:
      'How much it has done: events; secrets for RESEAL_SECRETS, deliveries for CHECK_LEDGER, members for CHECK_COHORT, batches that were read for REPLAY_EVENTS.',
  })
  doneCount!: number;

  @Field(() => Count, {
    nullable: true,
    description: 'How much there was to do when it began, in the same unit; null before it has begun.',
  })
  totalCount?: number;

  @Field(() => JobResult, { nullable: true, description: 'What it did; null until its state is DONE.' })
  result?: object;

  @Field(() => JobResult, {
    nullable: true,
    description: 'What it has done so far, also after it failed or was cancelled; null before it has begun.',
  })
  resultSoFar?: object;

  @Field(() => String, { nullable: true, description: 'Why it failed; null unless its state is FAILED.' })
  error?: string;

  @Field(() => Boolean, { description: 'Whether cancelJob was called: it ends within two seconds.' })
  isCancelRequested!: boolean;

  @Field(() => AdminToken, {
    nullable: true,
    description: 'The admin token that it was asked for with; null when the token no longer exists.',
  })
  adminToken?: AdminToken;

  @Field(() => DateTime, { description: 'When it was asked for.' })
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When it began; null before.' })
  startedAt?: Date;

  @Field(() => DateTime, { nullable: true, description: 'When doneCount changed last; null before.' })
  progressedAt?: Date;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When it will end at the speed since it was begun or resumed, such as 2026-01-31T12:00:00.000Z; null unless its state is RUNNING and it has progressed since then.',
  })
  estimatedEndAt?: Date;

  @Field(() => DateTime, { nullable: true, description: 'When it ended; null before.' })
  finishedAt?: Date;
}

export const JobConnection = connectionOf(Job, 'jobs');

@InputType({ description: 'Which jobs to list. A field that is left out restricts nothing.' })
export class JobFilter {
  @Field(() => JobState, { nullable: true, description: 'Only jobs in this state.' })
  state?: State | null;

  @Field(() => JobOperation, { nullable: true, description: 'Only jobs that do this.' })
  operation?: Operation | null;
}

@ProblemType('There is no job with this id.')
export class JobNotFound extends Problem {}

@ProblemType('The job has ended, or ends within two seconds because it was cancelled.', 'Ask for the operation again.')
export class JobFinished extends Problem {
  @Field(() => JobState, { description: 'The state that the job is in, such as DONE.' })
  state!: State;
}

@InputType({ description: 'Which job to cancel.' })
export class CancelJobInput extends IdInput {}

@ObjectType({ description: 'The job that was cancelled.' })
export class CancelJobPayload {
  @Field(() => Job, { description: 'The job. One that has ended stays as it is; one under way ends soon.' })
  job!: Job;
}

export const CancelJobResult = resultUnion('CancelJobResult', 'The cancelled job, or why there is none.', () => [
  CancelJobPayload,
  JobNotFound,
]);

@InputType({ description: 'Which job to pause.' })
export class PauseJobInput extends IdInput {}

@ObjectType({ description: 'The job that is paused.' })
export class PauseJobPayload {
  @Field(() => Job, { description: 'The job. One that was paused already stays as it is.' })
  job!: Job;
}

export const PauseJobResult = resultUnion('PauseJobResult', 'The paused job, or why there is none.', () => [
  PauseJobPayload,
  JobNotFound,
  JobFinished,
]);

@InputType({ description: 'Which job to resume.' })
export class ResumeJobInput extends IdInput {}

@ObjectType({ description: 'The job that goes on.' })
export class ResumeJobPayload {
  @Field(() => Job, { description: 'The job. One that was not paused stays as it is.' })
  job!: Job;
}

export const ResumeJobResult = resultUnion('ResumeJobResult', 'The job that goes on, or why there is none.', () => [
  ResumeJobPayload,
  JobNotFound,
  JobFinished,
]);
