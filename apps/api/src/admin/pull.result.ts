import { createUnionType, Field, ObjectType } from 'type-graphql';
import { Cohort } from './cohort.type.js';
import { Problem, ProblemType } from './base/problem.js';
import { kindOf } from './base/kind.js';
import { CurrentNotFound, CurrentNotReady, CurrentWrongState } from './problem.type.js';
import { CohortPull, PartnerCohortPage } from './pull.type.js';
import { Count } from './base/scalars.js';

@ObjectType({ description: 'The hub pulls a cohort no more.' })
export class PullStopped {
  @Field(() => Cohort, { description: 'The cohort, with the members that it keeps.' })
  cohort!: Cohort;

  @Field(() => CohortPull, { description: 'The pull as it was: follow the cohort again to undo this.' })
  pull!: CohortPull;
}

@ProblemType('The destination gives no cohorts out: it has to push them.')
export class PullNotOffered extends Problem {}

@ProblemType('The partner says no until a person has repaired the Current.')
export class PartnerRefused extends Problem {
  @Field(() => String, { description: 'Why, for machines, such as credentials_refused or service_account_needed.' })
  reason!: string;
}

@ProblemType('The partner could not be asked, or did not answer. Ask again later.')
export class PartnerUnanswered extends Problem {
  @Field(() => String, { description: 'Why, for machines, such as throttled, budget_spent or timeout.' })
  reason!: string;

  @Field(() => Count, { nullable: true, description: 'Ask again after so many milliseconds, where that is known.' })
  retryAfterMs?: number;
}

@ProblemType('The partner does not list such a cohort.')
export class PartnerCohortNotFound extends Problem {}

@ProblemType('The partner gives no cohort out that is so large.')
export class CohortTooLarge extends Problem {
  @Field(() => Count, { description: 'The most members that it gives out.' })
  maxMembers!: number;
}

@ProblemType('The hub pulls this cohort already.')
export class CohortPulledAlready extends Problem {
  @Field(() => CohortPull, { description: 'How.' })
  pull!: CohortPull;
}

@ProblemType('The hub does not pull this cohort: see followCohort.')
export class CohortNotPulled extends Problem {}

@ProblemType('A pull of this cohort is under way; there are never two at once.')
export class PullUnderWay extends Problem {
  @Field(() => CohortPull, { description: 'The pull.' })
  pull!: CohortPull;
}

@ProblemType('There is no pull under way that could be cancelled; or all of it is fetched already.')
export class PullNotUnderWay extends Problem {
  @Field(() => CohortPull, { description: 'The pull.' })
  pull!: CohortPull;
}

export const PartnerCohortsResult = createUnionType({
  name: 'PartnerCohortsResult',
  description: 'A partner’s cohorts, or why they are not known.',
  types: () =>
    [
      PartnerCohortPage,
      PartnerRefused,
      PartnerUnanswered,
      CurrentNotFound,
      CurrentWrongState,
      CurrentNotReady,
      PullNotOffered,
    ] as const,
  resolveType: kindOf,
});

export const FollowCohortResult = createUnionType({
  name: 'FollowCohortResult',
  description: 'The new pull, or why there is none.',
  types: () =>
    [
      CohortPull,
      PartnerCohortNotFound,
      CohortTooLarge,
      CohortPulledAlready,
      PartnerRefused,
      PartnerUnanswered,
      CurrentNotFound,
      CurrentWrongState,
      CurrentNotReady,
      PullNotOffered,
    ] as const,
  resolveType: kindOf,
});

export const CohortPullResult = createUnionType({
  name: 'CohortPullResult',
  description: 'The pull, or why there is none.',
  types: () => [CohortPull, CohortNotPulled] as const,
  resolveType: kindOf,
});

export const PullCohortNowResult = createUnionType({
  name: 'PullCohortNowResult',
  description: 'The pull, now due, or why it is not.',
  types: () => [CohortPull, CohortNotPulled, PullUnderWay] as const,
  resolveType: kindOf,
});

export const CancelPullResult = createUnionType({
  name: 'CancelPullResult',
  description: 'The pull, no more under way, or why it is as it was.',
  types: () => [CohortPull, CohortNotPulled, PullNotUnderWay] as const,
  resolveType: kindOf,
});

export const StopPullingCohortResult = createUnionType({
  name: 'StopPullingCohortResult',
  description: 'What is pulled no more, or why nothing has changed.',
  types: () => [PullStopped, CohortNotPulled] as const,
  resolveType: kindOf,
});
