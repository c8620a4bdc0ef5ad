import type { CohortView, Drift as CoreDrift } from '@currents/core';
import { Field, Int, ObjectType } from 'type-graphql';
import { connectionOf } from './base/connection.js';
import { enumOf, storedEnumOf } from './base/enum.js';
import { Node } from './base/node.js';
import { Problem, ProblemType, resultUnion } from './base/problem.js';
import { Count, DateTime } from './base/scalars.js';
import { ImportPartnerNotFound } from './importKey.type.js';
import { InputInvalid, NotConfirmed, VersionConflict } from './problem.type.js';

type ScheduleName = NonNullable<CohortView['schedule']>;
type FreshnessName = CohortView['freshness']['state'];

export const CohortSchedule = storedEnumOf<ScheduleName>(
  'CohortSchedule',
  'How often a cohort syncs: as set up at the partner that pushes it, or as the hub pulls it.',
  {
    one_time: 'Once.',
    dynamic: 'Every 15 minutes; every 30 through Mixpanel’s webhook.',
    hourly: 'Once an hour, at any minute.',
    daily: 'Once a day, at any time.',
  },
);

const FreshnessState = enumOf<FreshnessName>(
  'CohortFreshnessState',
  'Whether a cohort has synced as often as its schedule says.',
  {
    unknown: 'The cohort has no schedule, or one that only a later release knows: set one with updateCohort.',
    waiting: 'The first sync has not arrived yet.',
    fresh: 'The last sync arrived in time.',
    overdue: 'The next sync is late, within what is usual for partners.',
    stale: 'The next sync is later than is usual: check the sync at the partner.',
  },
);

const ReportedBy = storedEnumOf<CoreDrift['reportedBy']>('CohortSizeSource', 'Who reported the size of a cohort.', {
  pages: 'The hub counted the members in the pages of a full sync.',
  partner: 'The partner gave its own count.',
  admin: 'An admin entered it with reportCohortSize.',
});

@ObjectType({ description: 'Member counts by the type of id that the partner uses. They add up to memberCount.' })
export class MemberCounts {
  @Field(() => Count, { description: 'Members known by an external id.' })
  externalIdCount!: number;

  @Field(() => Count, { description: 'Members known by a device id.' })
  deviceIdCount!: number;

  @Field(() => Count, { description: 'Members known by a user alias.' })
  aliasCount!: number;
}

@ObjectType({ description: 'Whether a cohort syncs as often as its schedule says.' })
export class CohortFreshness {
  @Field(() => FreshnessState, { description: 'The state of the cohort at the time of the query.' })
  state!: FreshnessName;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the next sync is due. Null without a schedule and for ONE_TIME.',
  })
  dueAt?: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the cohort becomes STALE unless a sync arrives. Null without a schedule and for ONE_TIME.',
  })
  staleAt?: Date;
}

@ObjectType({ description: 'The reported size of a cohort, compared with the number of members in the hub.' })
export class CohortDrift {
  @Field(() => Count, { description: 'How many members were reported.' })
  reportedCount!: number;

  @Field(() => DateTime, { description: 'When the size was reported.' })
  reportedAt!: Date;

  @Field(() => ReportedBy, { description: 'Who reported the size.' })
  reportedBy!: CoreDrift['reportedBy'];

  @Field(() => Count, {
    description: 'The value of reportedCount plus the members added since, minus those removed since.',
  })
  expectedCount!: number;

  @Field(() => Count, { description: 'How many members the hub has.' })
  actualCount!: number;

  @Field(() => Count, {
    description:
      'The value of actualCount minus expectedCount; negative if members are missing. Members without a usable id and duplicates are reported but not stored.',
  })
  difference!: number;
}

@ObjectType({
  implements: Node,
  description: 'A set of users of a partner, such as Mixpanel or Amplitude, mirrored in the hub.',
})
export class Cohort extends Node {
  @Field(() => String, { description: 'Name of the partner, such as "amplitude".' })
  partner!: string;

  @Field(() => String, { description: 'The partner’s own id of the cohort, such as "7khm89cz".' })
  partnerId!: string;

  @Field(() => String, {
    description: 'Permanent list id, such as "list_0f3a…", for partners whose protocol asks for one.',
  })
  listId!: string;

  @Field(() => String, { description: 'Display name, such as "[Amplitude] Buyers: 7khm89cz".' })
  name!: string;

  @Field(() => String, { description: 'Name at the partner, such as "Buyers".' })
  nameAtPartner!: string;

  @Field(() => String, { nullable: true, description: 'The partner’s description. Null if it gave none.' })
  description?: string;

  @Field(() => Count, { description: 'Number of members.' })
  memberCount!: number;

  @Field(() => MemberCounts, { description: 'Number of members by the type of their ids.' })
  memberCounts!: MemberCounts;

  @Field(() => CohortSchedule, { nullable: true, description: 'How often the cohort syncs. Null: unknown.' })
  schedule?: ScheduleName;

  @Field(() => CohortFreshness, { description: 'Whether the cohort syncs as often as its schedule says.' })
  freshness!: CohortFreshness;

  @Field(() => DateTime, { nullable: true, description: 'When the last sync arrived. Null before the first.' })
  lastSyncAt?: Date;

  @Field(() => CohortDrift, {
    nullable: true,
    description: 'The reported size compared with memberCount. Null until a size is reported.',
  })
  drift?: CohortDrift;

  @Field(() => Int, { description: 'Changes that are stored but not applied yet, counted up to 10,000.' })
  pendingChangeCount!: number;

  @Field(() => Int, {
    description: 'Rises with every updateCohort. Pass it as ifVersion to detect concurrent updates.',
  })
  version!: number;

  @Field(() => DateTime, { description: 'When the hub first received the cohort.' })
  createdAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the partner created it. Null if the partner gave no time.',
  })
  createdAtPartner?: Date;

  @Field(() => DateTime, { nullable: true, description: 'When it was deleted from the hub. Null while it is not.' })
  deletedAt?: Date;
}

export const CohortConnection = connectionOf(Cohort, 'cohorts');

@ObjectType({ description: 'The result of counting the members of a cohort one by one.' })
export class CohortCheck {
  /** Its database key. */
  cohortId!: string;

  @Field(() => Cohort, { nullable: true, description: 'The cohort, as it is now; null when it no longer exists.' })
  cohort?: Cohort;

  @Field(() => MemberCounts, { description: 'The members that were counted.' })
  countedMembers!: MemberCounts;

  @Field(() => MemberCounts, {
    description:
      'The counters of the cohort at the moment of which its members were counted: all 0 until the last is counted.',
  })
  memberCounts!: MemberCounts;

  @Field(() => Boolean, { description: 'Whether countedMembers equals memberCounts.' })
  isConsistent!: boolean;
}

@ProblemType('No cohort has this id, or it is deleted.')
export class CohortNotFound extends Problem {}

@ProblemType('The hub has this cohort already.', 'List it with the query cohorts.')
export class CohortExists extends Problem {}

@ProblemType('Segments use this cohort.', 'Update or delete these segments first.')
export class CohortInUse extends Problem {
  /** Database keys. */
  segmentIds!: readonly string[];
}

@ObjectType({ description: 'The new cohort.' })
export class CreateCohortPayload {
  @Field(() => Cohort, { description: 'The cohort, which has no members before its partner pushes some.' })
  cohort!: Cohort;
}

@ObjectType({ description: 'The updated cohort.' })
export class UpdateCohortPayload {
  @Field(() => Cohort, { description: 'The cohort after the update.' })
  cohort!: Cohort;
}

@ObjectType({ description: 'The cohort whose size was reported.' })
export class ReportCohortSizePayload {
  @Field(() => Cohort, { description: 'The cohort with its new drift.' })
  cohort!: Cohort;
}

@ObjectType({ description: 'The deleted cohort.' })
export class DeleteCohortPayload {
  @Field(() => Cohort, { description: 'The cohort; after a dry run, as it stays.' })
  cohort!: Cohort;

  @Field(() => Boolean, { description: 'True if nothing was deleted, because dryRun was true.' })
  isDryRun!: boolean;
}

export const CohortResult = resultUnion('CohortResult', 'The cohort, or a problem.', () => [Cohort, CohortNotFound]);

export const CreateCohortResult = resultUnion('CreateCohortResult', 'The new cohort, or a problem.', () => [
  CreateCohortPayload,
  InputInvalid,
  ImportPartnerNotFound,
  CohortExists,
]);

export const UpdateCohortResult = resultUnion('UpdateCohortResult', 'The updated cohort, or a problem.', () => [
  UpdateCohortPayload,
  CohortNotFound,
  VersionConflict,
]);

export const ReportCohortSizeResult = resultUnion('ReportCohortSizeResult', 'The cohort, or a problem.', () => [
  ReportCohortSizePayload,
  CohortNotFound,
]);

export const DeleteCohortResult = resultUnion('DeleteCohortResult', 'The deleted cohort, or a problem.', () => [
  DeleteCohortPayload,
  CohortNotFound,
  CohortInUse,
  NotConfirmed,
]);
