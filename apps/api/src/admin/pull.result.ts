import { Field, ObjectType } from 'type-graphql';
import { Problem, ProblemType, resultUnion } from './base/problem.js';
import { Count } from './base/scalars.js';
import { Cohort } from './cohort.type.js';
import { CurrentNotFound, CurrentNotReady, CurrentWrongState } from './problem.type.js';
import { CohortPull, PartnerCohortConnection } from './pull.type.js';

@ObjectType({ description: 'The new pull.' })
export class CreateCohortPullPayload {
  @Field(() => CohortPull, { description: 'The pull, due at once.' })
  cohortPull!: CohortPull;
}

@ObjectType({ description: 'The pull that starts.' })
export class RunCohortPullPayload {
  @Field(() => CohortPull, { description: 'The pull, due at once.' })
  cohortPull!: CohortPull;
}

@ObjectType({ description: 'The cancelled pull.' })
export class CancelCohortPullPayload {
  @Field(() => CohortPull, { description: 'The pull, which follows its schedule.' })
  cohortPull!: CohortPull;
}

@ObjectType({ description: 'The deleted pull.' })
export class DeleteCohortPullPayload {
  @Field(() => Cohort, { description: 'The cohort, which keeps its members.' })
  cohort!: Cohort;

  @Field(() => CohortPull, { description: 'The pull as it was.' })
  cohortPull!: CohortPull;
}

@ProblemType('The destination does not let cohorts be pulled: it has to push them.')
export class PullNotOffered extends Problem {}

@ProblemType('The partner refuses to list cohorts.', 'Repair the Current’s settings or credentials.')
export class PartnerRefused extends Problem {
  @Field(() => String, { description: 'Code of the reason, such as credentials_refused or service_account_needed.' })
  reason!: string;
}

@ProblemType('The partner could not be asked, or did not answer.', 'Try again later.')
export class PartnerUnavailable extends Problem {
  @Field(() => String, { description: 'Code of the reason, such as throttled, budget_spent or timeout.' })
  reason!: string;

  @Field(() => Count, { nullable: true, description: 'Milliseconds until a retry makes sense. Null if not known.' })
  retryAfterMs?: number;
}

@ProblemType('The partner lists no such cohort.')
export class PartnerCohortNotFound extends Problem {}

@ProblemType('The cohort is larger than the partner exports.', 'Create a smaller cohort at the partner.')
export class CohortTooLarge extends Problem {
  @Field(() => Count, { description: 'The largest number of members that the partner exports.' })
  maxMemberCount!: number;
}

@ProblemType('The hub pulls this cohort already.', 'Delete the pull first to use another Current.')
export class CohortAlreadyPulled extends Problem {
  @Field(() => CohortPull, { description: 'The existing pull.' })
  cohortPull!: CohortPull;
}

@ProblemType('The hub does not pull this cohort.', 'Create a pull with createCohortPull.')
export class CohortPullNotFound extends Problem {}

@ProblemType('A pull of this cohort is running; only one runs at a time.', 'Wait for it, or cancel it first.')
export class CohortPullRunning extends Problem {
  @Field(() => CohortPull, { description: 'The running pull.' })
  cohortPull!: CohortPull;
}

@ProblemType('No pull of this cohort is running, or all of its members are fetched already.')
export class CohortPullNotRunning extends Problem {
  @Field(() => CohortPull, { description: 'The pull as it is.' })
  cohortPull!: CohortPull;
}

const sourceProblems = [
  PartnerRefused,
  PartnerUnavailable,
  CurrentNotFound,
  CurrentWrongState,
  CurrentNotReady,
  PullNotOffered,
];

export const PartnerCohortsResult = resultUnion(
  'PartnerCohortsResult',
  'A page of a partner’s cohorts, or a problem.',
  () => [PartnerCohortConnection, ...sourceProblems],
);

export const CohortPullResult = resultUnion('CohortPullResult', 'The pull, or a problem.', () => [
  CohortPull,
  CohortPullNotFound,
]);

export const CreateCohortPullResult = resultUnion('CreateCohortPullResult', 'The new pull, or a problem.', () => [
  CreateCohortPullPayload,
  PartnerCohortNotFound,
  CohortTooLarge,
  CohortAlreadyPulled,
  ...sourceProblems,
]);

export const RunCohortPullResult = resultUnion('RunCohortPullResult', 'The pull that starts, or a problem.', () => [
  RunCohortPullPayload,
  CohortPullNotFound,
  CohortPullRunning,
]);

export const CancelCohortPullResult = resultUnion('CancelCohortPullResult', 'The cancelled pull, or a problem.', () => [
  CancelCohortPullPayload,
  CohortPullNotFound,
  CohortPullNotRunning,
]);

export const DeleteCohortPullResult = resultUnion('DeleteCohortPullResult', 'The deleted pull, or a problem.', () => [
  DeleteCohortPullPayload,
  CohortPullNotFound,
]);
