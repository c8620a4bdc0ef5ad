import type { CohortView } from '@currents/core';
import { Field, ID, InputType, Int } from 'type-graphql';
import { orderInput } from './base/order.js';
import { Count } from './base/scalars.js';
import { CohortSchedule } from './cohort.type.js';

@InputType({ description: 'Which cohorts to list. An absent field does not filter.' })
export class CohortFilter {
  @Field(() => String, { nullable: true, description: 'Only cohorts of this partner, such as "mixpanel".' })
  partner?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Only cohorts with this text in their name or partnerId, ignoring case.',
  })
  search?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'True: only deleted cohorts. Absent or false: only others.' })
  isDeleted?: boolean | null;
}

@InputType({ description: 'A cohort to create.' })
export class CreateCohortInput {
  @Field(() => String, { description: 'Name of its partner, such as "mixpanel": see importPartners.' })
  partner!: string;

  @Field(() => String, { description: 'The partner’s own id of the cohort, 1 to 400 characters, such as "7khm89cz".' })
  partnerId!: string;

  @Field(() => String, { description: '1 to 100 characters; a push of the partner may rename it.' })
  name!: string;

  @Field(() => CohortSchedule, { nullable: true, description: 'How often the cohort syncs. Null: unknown.' })
  schedule?: CohortView['schedule'] | null;
}

@InputType({ description: 'What to update in a cohort.' })
export class UpdateCohortInput {
  @Field(() => ID, { description: 'Id of the cohort.' })
  id!: string;

  @Field(() => Int, {
    nullable: true,
    description: 'The version that the update is based on; another version is answered with VersionConflict.',
  })
  ifVersion?: number | null;

  @Field(() => CohortSchedule, {
    nullable: true,
    description:
      'How often the cohort syncs. Absent: unchanged. Null: unknown, and a pulled cohort is pulled only on request.',
  })
  schedule?: CohortView['schedule'] | null;
}

@InputType({ description: 'The size of a cohort, as read at the partner.' })
export class ReportCohortSizeInput {
  @Field(() => ID, { description: 'Id of the cohort.' })
  id!: string;

  @Field(() => Count, { description: 'How many members the cohort has at the partner now, from 0.' })
  memberCount!: number;
}

@InputType({ description: 'Which cohort to delete.' })
export class DeleteCohortInput {
  @Field(() => ID, { description: 'Id of the cohort.' })
  id!: string;

  @Field(() => Boolean, { defaultValue: true, description: 'True: delete nothing, and answer what would be deleted.' })
  dryRun!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'The cohort’s exact name, to confirm. Needed unless dryRun is true.',
  })
  confirmName?: string | null;
}

export const CohortOrder = orderInput('CohortOrder', 'cohorts', {
  created_at: 'The time at which the hub first heard of it.',
  last_sync_at: 'The time of the last sync; a cohort without one counts as the oldest.',
  name: 'The name at the partner, regardless of case.',
});
