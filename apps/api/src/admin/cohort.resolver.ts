import {
  createCohort,
  deleteCohort,
  findCohorts,
  findPulls,
  findSyncs,
  getCohort,
  listCohorts,
  listSyncs,
  reportCohortSize,
  updateCohort,
  type CohortView,
  type SyncView,
} from '@currents/core';
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { PageArgs } from './base/connection.js';
import type { AdminContext } from './base/context.js';
import { decodeId } from './base/ids.js';
import { registerNode } from './base/node.js';
import { RequiresRole } from './base/role.js';
import {
  CohortFilter,
  CohortOrder,
  CreateCohortInput,
  DeleteCohortInput,
  ReportCohortSizeInput,
  UpdateCohortInput,
} from './cohort.input.js';
import * as types from './cohort.type.js';
import { Cohort, CohortCheck, CohortInUse } from './cohort.type.js';
import { CohortSync, CohortSyncConnection } from './cohortSync.type.js';
import { costs } from './costs.js';
import { CheckCohortInput, CheckCohortResult } from './jobPayload.type.js';
import { CohortPull } from './pull.type.js';
import { Segment } from './segment.type.js';
import { given } from './withoutNulls.js';

registerNode('Cohort', findCohorts);
registerNode('CohortSync', findSyncs);
registerNode('CohortPull', findPulls);

const ofCohort = 'Id of the cohort.';

@Resolver(() => Cohort)
export class CohortResolver {
  @RequiresRole('viewer')
  @Query(() => types.CohortConnection, { description: 'Cohorts, the newest first by default.', complexity: costs.page })
  async cohorts(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => CohortFilter, {
      nullable: true,
      description: 'Which cohorts to list. Null: all but deleted ones.',
    })
    filter: CohortFilter | null | undefined,
    @Arg('orderBy', () => CohortOrder, {
      nullable: true,
      description: 'How to order them; by default by the time of creation, the newest first.',
    })
    orderBy: InstanceType<typeof CohortOrder> | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listCohorts(admin, page, given(filter), orderBy ?? undefined);
  }

  @RequiresRole('viewer')
  @Query(() => types.CohortResult, { description: 'One cohort, deleted ones included.', complexity: costs.read })
  async cohort(
    @Arg('id', () => ID, { description: ofCohort }) id: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return getCohort(admin, decodeId('Cohort', id, 'id'));
  }

  @FieldResolver(() => CohortSyncConnection, { description: 'Its syncs, the newest first.', complexity: costs.page })
  async syncs(
    @Args(() => PageArgs) page: PageArgs,
    @Root() { id }: CohortView,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listSyncs(admin, id, page);
  }

  @FieldResolver(() => CohortPull, {
    nullable: true,
    description: 'How the hub pulls the cohort. Null if its partner pushes it.',
    complexity: costs.read,
  })
  async pull(@Root() { id }: CohortView, @Ctx() { load }: AdminContext): Promise<unknown> {
    return load('CohortPull', id);
  }

  @RequiresRole('viewer')
  @Mutation(() => CheckCohortResult, {
    description:
      'Counts a cohort’s members one by one and compares them with its counters. Changes nothing, and is safe while members change; takes about a second for every million members. It comes after jobs that act; while it waits, a further call answers the same job.',
    complexity: costs.scan,
  })
  async checkCohort(
    @Arg('input', () => CheckCohortInput, { description: 'Which cohort to check.' }) { cohortId }: CheckCohortInput,
    @Ctx() { admin, jobs, adminTokenId }: AdminContext,
  ): Promise<unknown> {
    const key = decodeId('Cohort', cohortId, 'input.cohortId');
    const cohort = await getCohort(admin, key);
    return 'message' in cohort ? cohort : jobs.create('check_cohort', { cohortId: key }, adminTokenId);
  }

  @RequiresRole('operator')
  @Mutation(() => types.CreateCohortResult, {
    description:
      'Creates a cohort before its partner pushes it for the first time, so that segments can use it. deleteCohort undoes it.',
    complexity: costs.write,
  })
  async createCohort(
    @Arg('input', () => CreateCohortInput, { description: 'The new cohort.' }) input: CreateCohortInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return createCohort(admin, input);
  }

  @RequiresRole('operator')
  @Mutation(() => types.UpdateCohortResult, {
    description:
      'Updates how often a cohort syncs: for a cohort that is pulled, its pull schedule; otherwise only what freshness expects. To undo it, set the earlier schedule.',
    complexity: costs.write,
  })
  async updateCohort(
    @Arg('input', () => UpdateCohortInput, { description: 'What to update.' }) input: UpdateCohortInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    const { id, ifVersion, schedule } = input;
    return updateCohort(admin, decodeId('Cohort', id, 'input.id'), { schedule, ifVersion: ifVersion ?? undefined });
  }

  @RequiresRole('operator')
  @Mutation(() => types.ReportCohortSizeResult, {
    description:
      'Records how many members a cohort has at its partner, to compare with the hub: see Cohort.drift. The next full sync replaces it. To undo it, report the earlier size.',
    complexity: costs.write,
  })
  async reportCohortSize(
    @Arg('input', () => ReportCohortSizeInput, { description: 'The cohort and its size.' })
    { id, memberCount }: ReportCohortSizeInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return reportCohortSize(admin, decodeId('Cohort', id, 'input.id'), { memberCount, by: 'admin' });
  }

  @RequiresRole('admin')
  @Mutation(() => types.DeleteCohortResult, {
    description:
      'Deletes a cohort, its members and its pull; plans only, unless dryRun is false. Cannot be undone. Entries and exits that its partner sends are refused ' +
      'from then on; a declaration or a full sync creates the cohort again.',
    complexity: costs.write,
  })
  async deleteCohort(
    @Arg('input', () => DeleteCohortInput, { description: 'Which cohort to delete.' })
    { id, dryRun, confirmName }: DeleteCohortInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    const key = decodeId('Cohort', id, 'input.id');
    return deleteCohort(admin, key, { isDryRun: dryRun, confirmName: confirmName ?? undefined });
  }
}

@Resolver(() => CohortSync)
export class CohortSyncResolver {
  @FieldResolver(() => Cohort, { nullable: true, description: 'The cohort that was synced.', complexity: costs.read })
  async cohort(@Root() { cohortId }: SyncView, @Ctx() { load }: AdminContext): Promise<unknown> {
    return load('Cohort', cohortId);
  }
}

@Resolver(() => CohortCheck)
export class CohortCheckResolver {
  @FieldResolver(() => Cohort, { nullable: true, complexity: costs.read })
  async cohort(@Root() { cohortId }: CohortCheck, @Ctx() { load }: AdminContext): Promise<unknown> {
    return load('Cohort', cohortId);
  }
}

@Resolver(() => CohortInUse)
export class CohortInUseResolver {
  @FieldResolver(() => [Segment], { description: 'The segments that use the cohort.', complexity: costs.list(20) })
  async segments(@Root() { segmentIds }: CohortInUse, @Ctx() { load }: AdminContext): Promise<unknown> {
    const segments = await Promise.all(segmentIds.map((id) => load('Segment', id)));
    return segments.filter((segment) => segment !== undefined);
  }
}
