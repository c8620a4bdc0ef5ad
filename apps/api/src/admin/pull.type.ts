import type { PullFailure as CoreFailure, PullState as StateName, Schedule as ScheduleName } from '@currents/core';
import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Schedule } from './cohort.type.js';
import { Count, DateTime } from './base/scalars.js';

export const PullState: { readonly [Name in StateName]: Name } = {
  waiting: 'waiting',
  running: 'running',
  applying: 'applying',
  failed: 'failed',
};
registerEnumType(PullState, {
  name: 'PullState',
  description: 'Where the pull of a cohort stands.',
  valuesConfig: {
    waiting: { description: 'Nothing is under way: the next pull begins at nextDueAt, or when somebody asks for it.' },
    running: { description: 'Members are being fetched, or the next step waits: see progress and hold.' },
    applying: { description: 'All members are fetched, and the membership is being replaced.' },
    failed: { description: 'The last pull came to nothing, and the members are as they were: see failure.' },
  },
});

const mends: { readonly [Name in CoreFailure['recovery']]: Name } = {
  automatic: 'automatic',
  manual: 'manual',
  none: 'none',
};
registerEnumType(mends, {
  name: 'PullMend',
  description: 'What has to happen before another pull is made.',
  valuesConfig: {
    automatic: {
      description: 'Nothing: the next one follows by the schedule; one that was to be made once, within the hour.',
    },
    manual: {
      description:
        'A person has to repair something, at the partner or in the Current. Pulls go on when the Current is changed, or with pullCohortNow.',
    },
    none: {
      description: 'The partner has no such cohort any more. stopPullingCohort ends it; pullCohortNow asks once more.',
    },
  },
});

@ObjectType({ description: 'How far the pull is that is under way.' })
export class PullProgress {
  @Field(() => DateTime, { description: 'When it began.' })
  startedAt!: Date;

  @Field(() => Int, { description: 'Pages fetched so far.' })
  pages!: number;

  @Field(() => Count, { description: 'Members fetched so far, with and without a usable id, as often as they came.' })
  members!: number;

  @Field(() => Count, { nullable: true, description: 'How many the partner says there are, where it says so.' })
  total?: number;
}

@ObjectType({ description: 'Why the next step of a pull, or the next pull, waits.' })
export class PullHold {
  @Field(() => String, { description: 'Why, for machines, such as throttled, http_503 or budget_spent.' })
  code!: string;

  @Field(() => String, { description: 'Why, in a sentence.' })
  detail!: string;

  @Field(() => DateTime, { description: 'Until when.' })
  until!: Date;
}

@ObjectType({ description: 'Why the last pull of a cohort came to nothing.' })
export class PullFailure {
  @Field(() => String, {
    description: 'Why, for machines, such as credentials_refused, no_such_cohort or current_deleted.',
  })
  code!: string;

  @Field(() => String, { description: 'Why, in a sentence.' })
  detail!: string;

  @Field(() => mends, { description: 'What has to happen before another one is made.' })
  recovery!: CoreFailure['recovery'];

  @Field(() => DateTime, { description: 'When.' })
  at!: Date;
}

@ObjectType({
  description:
    'How the hub fetches a cohort itself, with the settings and credentials of a Current. Each pull replaces the whole membership once all of it is there; ' +
    'who came and who left is in the cohort’s syncs. A Current that is paused or blocked sends no events, and cohorts are pulled through it all the same; ' +
    'once it is deleted they are not.',
})
export class CohortPull {
  @Field(() => ID, { description: 'Id of the cohort.' })
  cohortId!: string;

  @Field(() => ID, { description: 'Id of the Current whose settings and credentials are used.' })
  currentId!: string;

  @Field(() => Schedule, {
    nullable: true,
    description: 'How often: see setCohortSchedule. Null: only when somebody asks.',
  })
  schedule?: ScheduleName;

  @Field(() => PullState, { description: 'Where it stands.' })
  state!: StateName;

  @Field(() => PullProgress, {
    nullable: true,
    description: 'How far the pull is that is under way; null when none is.',
  })
  progress?: PullProgress;

  @Field(() => PullHold, {
    nullable: true,
    description: 'Why the next step, or the next pull, waits; null when it does not.',
  })
  hold?: PullHold;

  @Field(() => PullFailure, { nullable: true, description: 'Why the last pull came to nothing; null when it did not.' })
  failure?: PullFailure;

  @Field(() => DateTime, { nullable: true, description: 'When the last pull began, whether it is over or not.' })
  lastStartedAt?: Date;

  @Field(() => DateTime, { nullable: true, description: 'When the membership was last replaced by a pull.' })
  lastSuccessAt?: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the next pull begins; null while one is under way, and when none is due.',
  })
  nextDueAt?: Date;

  @Field(() => DateTime, { description: 'When it was followed.' })
  createdAt!: Date;
}

@ObjectType({ description: 'Some pulls, those of the newest cohorts first.' })
export class CohortPullPage {
  @Field(() => [CohortPull], { description: 'The pulls of this page.' })
  nodes!: CohortPull[];

  @Field(() => String, { nullable: true, description: 'Give it as after to get the next page; null on the last one.' })
  nextCursor?: string;
}

@ObjectType({ description: 'A cohort as its partner lists it.' })
export class PartnerCohort {
  @Field(() => String, { description: 'The partner’s id of it: give it to followCohort.' })
  partnerId!: string;

  @Field(() => String, { description: 'Its name at the partner.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'What the partner says of it.' })
  description?: string;

  @Field(() => Count, { nullable: true, description: 'Its members, as the partner counts them.' })
  size?: number;

  @Field(() => DateTime, { nullable: true, description: 'When it was made at the partner.' })
  createdAt?: Date;

  @Field(() => DateTime, { nullable: true, description: 'When the partner last computed it.' })
  computedAt?: Date;

  @Field(() => ID, {
    nullable: true,
    description: 'The hub’s own id of it, when it is mirrored here, pushed or pulled.',
  })
  cohortId?: string;

  @Field(() => Boolean, { description: 'Whether the hub pulls it.' })
  pulled!: boolean;
}

@ObjectType({ description: 'Some of a partner’s cohorts, in the order in which the hub came to know them.' })
export class PartnerCohortPage {
  @Field(() => [PartnerCohort], { description: 'The cohorts of this page.' })
  nodes!: PartnerCohort[];

  @Field(() => String, { nullable: true, description: 'Give it as after to get the next page; null on the last one.' })
  nextCursor?: string;

  @Field(() => DateTime, { nullable: true, description: 'When the partner was asked for them.' })
  listedAt?: Date;

  @Field(() => String, { description: 'What pulls need, and what they cost of the partner’s quotas.' })
  advice!: string;
}
