import type { PullState as StateName } from '@currents/core';
import { Field, ID, InputType } from 'type-graphql';
import { Schedule } from './cohort.type.js';
import { PullState } from './pull.type.js';

@InputType({ description: 'Which pulls to list. What is left out restricts nothing.' })
export class CohortPullFilter {
  @Field(() => ID, { nullable: true, description: 'Through this Current.' })
  currentId?: string | null;

  @Field(() => [PullState], { nullable: true, description: 'In any of these states.' })
  states?: StateName[] | null;
}

@InputType({ description: 'Which cohort to pull, and how often.' })
export class FollowCohortInput {
  @Field(() => ID, {
    description: 'Id of the Current whose settings and credentials are used. It may be in any state but deleted.',
  })
  currentId!: string;

  @Field(() => String, { description: 'The partner’s id of the cohort: see partnerCohorts.' })
  partnerId!: string;

  @Field(() => Schedule, { description: 'How often, counted from when a pull begins.' })
  schedule!: keyof typeof Schedule;
}
