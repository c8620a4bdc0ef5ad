import { ObjectType, Field, ID, InputType } from 'type-graphql';
import { resultUnion } from './base/problem.js';
import { CohortNotFound } from './cohort.type.js';
import { Job } from './job.type.js';
import { CurrentNotFound, CurrentWrongState, InputInvalid, NotConfirmed } from './problem.type.js';

/** What the mutations answer that create a job. */

const jobField =
  'The job. The answer waits up to a second for its end; ask for job(id:) until its state is DONE, FAILED or CANCELLED.';

@ObjectType({ description: 'The job that releases quarantined events, or counts them in a dry run.' })
export class ReleaseQuarantinedEventsPayload {
  @Field(() => Job, { description: jobField })
  job!: Job;
}

export const ReleaseQuarantinedEventsResult = resultUnion(
  'ReleaseQuarantinedEventsResult',
  'The job that releases quarantined events, or why there is none.',
  () => [ReleaseQuarantinedEventsPayload],
);

@ObjectType({ description: 'The job that purges quarantined events, or counts them in a dry run.' })
export class PurgeQuarantinedEventsPayload {
  @Field(() => Job, { description: jobField })
  job!: Job;
}

export const PurgeQuarantinedEventsResult = resultUnion(
  'PurgeQuarantinedEventsResult',
  'The job that purges quarantined events, or why there is none.',
  () => [PurgeQuarantinedEventsPayload, NotConfirmed],
);

@ObjectType({ description: 'The job that replays dead letters, or counts them in a dry run.' })
export class ReplayDeadLettersPayload {
  @Field(() => Job, { description: jobField })
  job!: Job;
}

export const ReplayDeadLettersResult = resultUnion(
  'ReplayDeadLettersResult',
  'The job that replays dead letters, or why there is none.',
  () => [ReplayDeadLettersPayload, CurrentNotFound, CurrentWrongState],
);

@ObjectType({ description: 'The job that replays events, or plans to in a dry run.' })
export class ReplayEventsPayload {
  @Field(() => Job, { description: jobField })
  job!: Job;
}

export const ReplayEventsResult = resultUnion(
  'ReplayEventsResult',
  'The job that replays events, or why there is none.',
  () => [ReplayEventsPayload, CurrentNotFound, CurrentWrongState, InputInvalid, NotConfirmed],
);

@ObjectType({ description: 'The job that discards dead letters, or counts them in a dry run.' })
export class DiscardDeadLettersPayload {
  @Field(() => Job, { description: jobField })
  job!: Job;
}

export const DiscardDeadLettersResult = resultUnion(
  'DiscardDeadLettersResult',
  'The job that discards dead letters, or why there is none.',
  () => [DiscardDeadLettersPayload, CurrentNotFound, NotConfirmed],
);

@ObjectType({ description: 'The job that restores discarded dead letters, or counts them in a dry run.' })
export class RestoreDeadLettersPayload {
  @Field(() => Job, { description: jobField })
  job!: Job;
}

export const RestoreDeadLettersResult = resultUnion(
  'RestoreDeadLettersResult',
  'The job that restores dead letters, or why there is none.',
  () => [RestoreDeadLettersPayload, CurrentNotFound],
);

@ObjectType({ description: 'The job that seals all secrets with the present MASTER_KEY.' })
export class ResealSecretsPayload {
  @Field(() => Job, { description: jobField })
  job!: Job;
}

export const ResealSecretsResult = resultUnion(
  'ResealSecretsResult',
  'The job that seals all secrets with the present MASTER_KEY, or why there is none.',
  () => [ResealSecretsPayload],
);

@InputType({ description: 'Whose ledger to check.' })
export class CheckLedgerInput {
  @Field(() => ID, { description: 'Id of the Current, such as "cur_7".' })
  currentId!: string;
}

@ObjectType({ description: 'The job that checks a ledger.' })
export class CheckLedgerPayload {
  @Field(() => Job, { description: jobField })
  job!: Job;
}

export const CheckLedgerResult = resultUnion(
  'CheckLedgerResult',
  'The job that checks a ledger, or why there is none.',
  () => [CheckLedgerPayload, CurrentNotFound],
);

@InputType({ description: 'Which cohort to check.' })
export class CheckCohortInput {
  @Field(() => ID, { description: 'Id of the cohort, such as "coh_7".' })
  cohortId!: string;
}

@ObjectType({ description: 'The job that checks a cohort.' })
export class CheckCohortPayload {
  @Field(() => Job, { description: jobField })
  job!: Job;
}

export const CheckCohortResult = resultUnion(
  'CheckCohortResult',
  'The job that checks a cohort, or why there is none.',
  () => [CheckCohortPayload, CohortNotFound],
);

@ObjectType({ description: 'The job that deletes what is stored of users, or counts it in a dry run.' })
export class DeleteUserDataPayload {
  @Field(() => Job, { description: jobField })
  job!: Job;
}

export const DeleteUserDataResult = resultUnion(
  'DeleteUserDataResult',
  'The job that deletes what is stored of users, or why there is none.',
  () => [DeleteUserDataPayload, InputInvalid, NotConfirmed],
);

@ObjectType({ description: 'The job that repeats deletions on a restored backup, or counts in a dry run.' })
export class RepeatUserDeletionsPayload {
  @Field(() => Job, { description: jobField })
  job!: Job;
}

export const RepeatUserDeletionsResult = resultUnion(
  'RepeatUserDeletionsResult',
  'The job that repeats deletions of users, or why there is none.',
  () => [RepeatUserDeletionsPayload, InputInvalid],
);
