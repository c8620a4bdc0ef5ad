import type { Drift as CoreDrift, FreshnessState as FreshnessName, Schedule as ScheduleName } from '@currents/core';
import { createUnionType, Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { CohortSyncPage } from './cohortSync.type.js';
import { Problem, ProblemType } from './base/problem.js';
import { kindOf } from './base/kind.js';
import { NotConfirmed } from './problem.type.js';
import { Count, DateTime } from './base/scalars.js';

export const Schedule: { readonly [Name in ScheduleName]: Name } = {
  one_time: 'one_time',
  dynamic: 'dynamic',
  hourly: 'hourly',
  daily: 'daily',
};
registerEnumType(Schedule, {
  name: 'Schedule',
  description:
    'How often a cohort syncs: as the admin has set it up at the partner that pushes it, or as the hub pulls it.',
  valuesConfig: {
    one_time: { description: 'Once.' },
    dynamic: { description: 'Every 15 minutes; through Mixpanel’s own webhook every 30.' },
    hourly: { description: 'At some moment of every hour.' },
    daily: { description: 'At some moment of every day.' },
  },
});

export const FreshnessState: { readonly [Name in FreshnessName]: Name } = {
  unknown: 'unknown',
  waiting: 'waiting',
  fresh: 'fresh',
  overdue: 'overdue',
  stale: 'stale',
};
registerEnumType(FreshnessState, {
  name: 'FreshnessState',
  description: 'Whether a cohort is as new as it should be.',
  valuesConfig: {
    unknown: { description: 'Nobody has said how often it syncs: see setCohortSchedule.' },
    waiting: { description: 'Its first sync has not come yet.' },
    fresh: { description: 'It is as new as it should be.' },
    overdue: { description: 'Later than it should be, and not later than partners are now and then.' },
    stale: { description: 'Somebody should look why nothing comes.' },
  },
});

const tellers: { readonly [Name in CoreDrift['reportedBy']]: Name } = {
  pages: 'pages',
  partner: 'partner',
  admin: 'admin',
};
registerEnumType(tellers, {
  name: 'ToldBy',
  description: 'Who said how many members a cohort has.',
  valuesConfig: {
    pages: { description: 'As many were in the pages of a whole membership.' },
    partner: { description: 'The partner’s own count.' },
    admin: { description: 'As an admin read it at the partner: see noteCohortSize.' },
  },
});

@ObjectType({ description: 'How many members there are, by the kind of their ids.' })
export class Sizes {
  @Field(() => Count, { description: 'By an external id.' })
  externalIds!: number;

  @Field(() => Count, { description: 'By a device id.' })
  deviceIds!: number;

  @Field(() => Count, { description: 'By an alias.' })
  aliases!: number;
}

@ObjectType({ description: 'Whether a cohort is as new as it should be.' })
export class Freshness {
  @Field(() => FreshnessState, { description: 'Where it stands.' })
  state!: FreshnessName;

  @Field(() => DateTime, { nullable: true, description: 'When the next sync should come.' })
  dueAt?: Date;

  @Field(() => DateTime, { nullable: true, description: 'When the cohort is stale without it.' })
  staleAt?: Date;
}

@ObjectType({ description: 'What a partner said it has, against what is held.' })
export class Drift {
  @Field(() => Count, { description: 'What was said.' })
  reportedCount!: number;

  @Field(() => DateTime, { description: 'When.' })
  reportedAt!: Date;

  @Field(() => tellers, { description: 'Who said so.' })
  reportedBy!: CoreDrift['reportedBy'];

  @Field(() => Count, { description: 'What was said, and what has come and gone since.' })
  expected!: number;

  @Field(() => Count, { description: 'What is held.' })
  held!: number;

  @Field(() => Count, {
    description:
      'Held more than expected; less, if negative. Members without a usable id, or named twice, are told and not held.',
  })
  difference!: number;
}

@ObjectType({ description: 'A partner’s set of users, mirrored here.' })
export class Cohort {
  @Field(() => ID, { description: 'Never changes.' })
  id!: string;

  @Field(() => String, { description: 'Name of the partner.' })
  partner!: string;

  @Field(() => String, { description: 'The partner’s own id of it.' })
  partnerId!: string;

  @Field(() => String, { description: 'The hub’s id of it, for partners that ask for one. Never changes.' })
  listId!: string;

  @Field(() => String, { description: 'As it is shown, such as [Amplitude] Buyers: 7khm89cz.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'What the partner says of it.' })
  description?: string;

  @Field(() => Count, { description: 'How many members it has.' })
  members!: number;

  @Field(() => Sizes, { description: 'The same, by the kind of their ids.' })
  sizes!: Sizes;

  @Field(() => Schedule, { nullable: true, description: 'How often it syncs, as an admin has said.' })
  schedule?: ScheduleName;

  @Field(() => Freshness, { description: 'Whether it is as new as it should be.' })
  freshness!: Freshness;

  @Field(() => DateTime, { nullable: true, description: 'When the last sync came.' })
  lastSyncAt?: Date;

  @Field(() => Drift, {
    nullable: true,
    description: 'What the partner said it has, against what is held; null until something was said.',
  })
  drift?: Drift;

  @Field(() => Int, { description: 'Changes that are stored and not yet applied; more than 10000 count as 10000.' })
  waitingChanges!: number;

  @Field(() => DateTime, { description: 'When the hub first heard of it.' })
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When it was made at the partner, where that was said.' })
  createdAtPartner?: Date;

  @Field(() => DateTime, { nullable: true, description: 'When it was deleted here.' })
  deletedAt?: Date;

  @Field(() => CohortSyncPage, { description: 'The history of its syncs, the newest first.' })
  syncs!: CohortSyncPage;
}

@ObjectType({ description: 'Some cohorts, the newest first.' })
export class CohortPage {
  @Field(() => [Cohort], { description: 'The cohorts of this page.' })
  nodes!: Cohort[];

  @Field(() => String, { nullable: true, description: 'Give it as after to get the next page; null on the last one.' })
  nextCursor?: string;
}

@ObjectType({ description: 'A cohort whose members were counted one by one.' })
export class CohortChecked {
  @Field(() => Cohort, { description: 'The cohort, with the counts that are kept.' })
  cohort!: Cohort;

  @Field(() => Sizes, { description: 'What was counted.' })
  counted!: Sizes;

  @Field(() => Boolean, { description: 'Whether both are the same.' })
  balances!: boolean;
}

@ProblemType('There is no cohort with this id.')
export class CohortNotFound extends Problem {}

@ProblemType('Segments are made of this cohort: change or delete them first.')
export class CohortInUse extends Problem {
  @Field(() => [ID], { description: 'The segments.' })
  segmentIds!: string[];
}

export const CohortResult = createUnionType({
  name: 'CohortResult',
  description: 'The cohort, or why there is none.',
  types: () => [Cohort, CohortNotFound] as const,
  resolveType: kindOf,
});

export const CheckCohortResult = createUnionType({
  name: 'CheckCohortResult',
  description: 'What was counted, or why nothing was.',
  types: () => [CohortChecked, CohortNotFound] as const,
  resolveType: kindOf,
});

export const DeleteCohortResult = createUnionType({
  name: 'DeleteCohortResult',
  description: 'The deleted cohort, or why it is not.',
  types: () => [Cohort, CohortNotFound, CohortInUse, NotConfirmed] as const,
  resolveType: kindOf,
});
