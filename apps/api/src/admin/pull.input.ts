import type { CohortView, PullState } from '@currents/core';
import { Field, ID, InputType } from 'type-graphql';
import { CohortSchedule } from './cohort.type.js';
import { CohortPullState } from './pull.type.js';

@InputType({ description: 'Which pulls to list. An absent field does not filter.' })
export class CohortPullFilter {
  @Field(() => ID, { nullable: true, description: 'Only pulls that use this Current.' })
  currentId?: string | null;

  @Field(() => [CohortPullState], { nullable: true, description: 'Only pulls in one of these states.' })
  states?: PullState[] | null;
}

@InputType({ description: 'Which cohort to pull, and how often.' })
export class CreateCohortPullInput {
  @Field(() => ID, {
    description: 'Id of the Current whose settings and credentials are used. It may be in any state but DELETED.',
  })
  currentId!: string;

  @Field(() => String, { description: 'The partner’s id of the cohort: see partnerCohorts.' })
  partnerId!: string;

  @Field(() => CohortSchedule, { description: 'How often, counted from the start of a pull.' })
  schedule!: NonNullable<CohortView['schedule']>;
}

@InputType({ description: 'Which pull to start.' })
export class RunCohortPullInput {
  @Field(() => ID, { description: 'Id of the cohort.' })
  cohortId!: string;
}

@InputType({ description: 'Which pull to cancel.' })
export class CancelCohortPullInput {
  @Field(() => ID, { description: 'Id of the cohort.' })
  cohortId!: string;
}

@InputType({ description: 'Which pull to delete.' })
export class DeleteCohortPullInput {
  @Field(() => ID, { description: 'Id of the cohort.' })
  cohortId!: string;
}
