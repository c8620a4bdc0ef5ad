import type { PullAction, PullFailure as CoreFailure, PullState } from '@currents/core';
import { Field, Int, ObjectType } from 'type-graphql';
import { connectionOf } from './base/connection.js';
import { enumOf, storedEnumOf } from './base/enum.js';
import { Node } from './base/node.js';
import { Count, DateTime } from './base/scalars.js';
import { CohortSchedule, type Cohort } from './cohort.type.js';

export const CohortPullState = enumOf<PullState>('CohortPullState', 'Where the pull of a cohort stands.', {
  waiting: 'No pull is running. The next one starts at nextDueAt, or on request.',
  running: 'Members are being fetched, or the next step is deferred: see progress and deferral.',
  applying: 'All members are fetched, and the membership is being replaced.',
  failed: 'The last pull failed and changed no members: see failure.',
});

const CohortPullAction = enumOf<PullAction>('CohortPullAction', 'What can be done to the pull of a cohort.', {
  run: 'Start a pull now with runCohortPull.',
  cancel: 'Cancel the running pull with cancelCohortPull.',
  delete: 'Stop pulling the cohort with deleteCohortPull.',
});

const PullRecovery = storedEnumOf<CoreFailure['recovery']>(
  'CohortPullRecovery',
  'What has to happen before a failed pull is tried again.',
  {
    automatic: 'Nothing: the next pull follows the schedule; a ONE_TIME pull is tried again within the hour.',
    manual:
      'A person has to repair something, at the partner or in the Current. Pulls continue when the Current is updated, or with runCohortPull.',
    none: 'The partner has no such cohort. Delete the pull, or check again with runCohortPull.',
  },
);

@ObjectType({ description: 'How far the running pull of a cohort has got.' })
export class CohortPullProgress {
  @Field(() => DateTime, { description: 'When the pull started.' })
  startedAt!: Date;

  @Field(() => Int, { description: 'Pages fetched so far.' })
  pageCount!: number;

  @Field(() => Count, { description: 'Members fetched so far, with and without a usable id, duplicates included.' })
  memberCount!: number;

  @Field(() => Count, { nullable: true, description: 'How many members the partner counts. Null if it does not say.' })
  expectedMemberCount?: number;
}

@ObjectType({ description: 'Why the next step of a pull, or the next pull, waits.' })
export class CohortPullDeferral {
  @Field(() => DateTime, { description: 'When it is tried again.' })
  until!: Date;

  @Field(() => String, { description: 'Code of the reason, such as throttled, http_503 or budget_spent.' })
  code!: string;

  @Field(() => String, { description: 'The reason in a sentence.' })
  detail!: string;
}

@ObjectType({ description: 'Why the last pull of a cohort failed.' })
export class CohortPullFailure {
  @Field(() => String, {
    description: 'Code of the reason, such as credentials_refused, no_such_cohort or current_deleted.',
  })
  code!: string;

  @Field(() => String, { description: 'The reason in a sentence.' })
  detail!: string;

  @Field(() => PullRecovery, { description: 'What has to happen before the pull is tried again.' })
  recovery!: CoreFailure['recovery'];

  @Field(() => DateTime, { description: 'When the pull failed.' })
  failedAt!: Date;
}

@ObjectType({
  implements: Node,
  description:
    'How the hub pulls a cohort with the settings and credentials of a Current. Each pull replaces the whole membership once all of it is fetched; ' +
    'Cohort.syncs shows what changed. A paused or blocked Current still pulls cohorts; a deleted one does not.',
})
export class CohortPull extends Node {
  @Field(() => CohortSchedule, {
    nullable: true,
    description: 'How often: set it with updateCohort. Null: only on request.',
  })
  schedule?: Cohort['schedule'];

  @Field(() => CohortPullState, { description: 'Where it stands.' })
  state!: PullState;

  @Field(() => [CohortPullAction], { description: 'What can be done to it in this state.' })
  allowedActions!: PullAction[];

  @Field(() => CohortPullProgress, { nullable: true, description: 'Progress of the running pull. Null if none runs.' })
  progress?: CohortPullProgress;

  @Field(() => CohortPullDeferral, {
    nullable: true,
    description: 'Why the next step, or the next pull, waits. Null if it does not.',
  })
  deferral?: CohortPullDeferral;

  @Field(() => CohortPullFailure, { nullable: true, description: 'Why the last pull failed. Null if it did not.' })
  failure?: CohortPullFailure;

  @Field(() => DateTime, { nullable: true, description: 'When the last pull started. Null before the first.' })
  lastStartedAt?: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When a pull last replaced the membership. Null before the first time.',
  })
  lastSuccessAt?: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the next pull starts. Null while one runs, and if none is scheduled.',
  })
  nextDueAt?: Date;

  @Field(() => DateTime, { description: 'When the hub began to pull the cohort.' })
  createdAt!: Date;
}

export const CohortPullConnection = connectionOf(CohortPull, 'pulls');

@ObjectType({ description: 'A cohort as its partner lists it.' })
export class PartnerCohort {
  @Field(() => String, { description: 'The partner’s id of the cohort, for createCohortPull.' })
  partnerId!: string;

  @Field(() => String, { description: 'Its name at the partner.' })
  name!: string;

  @Field(() => String, { nullable: true, description: 'The partner’s description. Null if it gives none.' })
  description?: string;

  @Field(() => Count, { nullable: true, description: 'How many members the partner counts. Null if it does not say.' })
  memberCount?: number;

  @Field(() => DateTime, { nullable: true, description: 'When it was created at the partner. Null if not known.' })
  createdAt?: Date;

  @Field(() => DateTime, { nullable: true, description: 'When the partner last computed it. Null if not known.' })
  computedAt?: Date;

  @Field(() => Boolean, { description: 'Whether the hub pulls it.' })
  isPulled!: boolean;
}

export const PartnerCohortConnection = connectionOf(PartnerCohort, 'cohorts of a partner');
