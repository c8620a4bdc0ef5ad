import {
  cancelCohortPull,
  createCohortPull,
  deleteCohortPull,
  getPull,
  listPartnerCohorts,
  listPulls,
  runCohortPull,
  type PartnerCohortPage,
  type PartnerCohortView,
  type PullView,
} from '@currents/core';
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { PageArgs } from './base/connection.js';
import type { AdminContext } from './base/context.js';
import { decodeId } from './base/ids.js';
import { DateTime } from './base/scalars.js';
import { RequiresRole } from './base/role.js';
import { Cohort } from './cohort.type.js';
import { costs } from './costs.js';
import { Current } from './current.type.js';
import * as inputs from './pull.input.js';
import * as results from './pull.result.js';
import { CohortPull, CohortPullConnection, PartnerCohort, PartnerCohortConnection } from './pull.type.js';
import { given } from './withoutNulls.js';

const keyOf = (input: { readonly cohortId: string }): string => decodeId('Cohort', input.cohortId, 'input.cohortId');

@Resolver(() => CohortPull)
export class CohortPullResolver {
  @RequiresRole('viewer')
  @Query(() => CohortPullConnection, {
    description: 'Pulls, those of the newest cohorts first.',
    complexity: costs.page,
  })
  async cohortPulls(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => inputs.CohortPullFilter, { nullable: true, description: 'Which pulls to list. Null: all.' })
    filter: inputs.CohortPullFilter | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    const { currentId, ...more } = given(filter);
    const key = currentId === undefined ? undefined : decodeId('Current', currentId, 'filter.currentId');
    return listPulls(admin, page, { ...more, currentId: key });
  }

  @RequiresRole('viewer')
  @Query(() => results.CohortPullResult, { description: 'The pull of one cohort.', complexity: costs.read })
  async cohortPull(
    @Arg('cohortId', () => ID, { description: 'Id of the cohort.' }) cohortId: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return getPull(admin, decodeId('Cohort', cohortId, 'cohortId'));
  }

  @FieldResolver(() => Cohort, { nullable: true, description: 'The cohort that is pulled.', complexity: costs.read })
  async cohort(@Root() { cohortId }: PullView, @Ctx() { load }: AdminContext): Promise<unknown> {
    return load('Cohort', cohortId);
  }

  @FieldResolver(() => Current, {
    nullable: true,
    description: 'The Current whose settings and credentials are used.',
    complexity: costs.read,
  })
  async current(@Root() { currentId }: PullView, @Ctx() { load }: AdminContext): Promise<unknown> {
    return load('Current', currentId);
  }

  @RequiresRole('operator')
  @Mutation(() => results.CreateCohortPullResult, {
    description:
      'Pulls a cohort from its partner: at once, and then by the schedule. If the partner pushes it too, the latest sync counts. deleteCohortPull undoes it.',
    complexity: costs.call,
  })
  async createCohortPull(
    @Arg('input', () => inputs.CreateCohortPullInput, { description: 'Which cohort, and how often.' })
    { currentId, partnerId, schedule }: inputs.CreateCohortPullInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    const key = decodeId('Current', currentId, 'input.currentId');
    return createCohortPull(admin, { currentId: key, partnerId, schedule });
  }

  @RequiresRole('operator')
  @Mutation(() => results.RunCohortPullResult, {
    description:
      'Starts a pull now, whatever the schedule says and however the last one ended. cancelCohortPull undoes it while it runs.',
    complexity: costs.write,
  })
  async runCohortPull(
    @Arg('input', () => inputs.RunCohortPullInput, { description: 'Which pull.' }) input: inputs.RunCohortPullInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return runCohortPull(admin, keyOf(input));
  }

  @RequiresRole('operator')
  @Mutation(() => results.CancelCohortPullResult, {
    description:
      'Cancels the running pull. Members fetched so far are dropped, and the membership stays as it is; the next pull follows the schedule. ' +
      'To undo it, start again with runCohortPull, which counts for the partner’s limits once more.',
    complexity: costs.write,
  })
  async cancelCohortPull(
    @Arg('input', () => inputs.CancelCohortPullInput, { description: 'Which pull.' })
    input: inputs.CancelCohortPullInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return cancelCohortPull(admin, keyOf(input));
  }

  @RequiresRole('operator')
  @Mutation(() => results.DeleteCohortPullResult, {
    description:
      'Stops pulling a cohort, which keeps its members. To delete these too, use deleteCohort. createCohortPull undoes it.',
    complexity: costs.write,
  })
  async deleteCohortPull(
    @Arg('input', () => inputs.DeleteCohortPullInput, { description: 'Which pull.' })
    input: inputs.DeleteCohortPullInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return deleteCohortPull(admin, keyOf(input));
  }
}

@Resolver(() => PartnerCohort)
export class PartnerCohortResolver {
  @RequiresRole('operator')
  @Query(() => results.PartnerCohortsResult, {
    description:
      'The cohorts of a Current’s partner. Asks the partner with the Current’s credentials, unless the last list is younger than a minute; later pages come from ' +
      'the same list. Each request counts for the partner’s limits as a step of a pull does.',
    complexity: costs.call,
  })
  async partnerCohorts(
    @Arg('currentId', () => ID, { description: 'Id of the Current, in any state but DELETED.' }) currentId: string,
    @Args(() => PageArgs) page: PageArgs,
    @Arg('search', () => String, {
      nullable: true,
      description: 'Only cohorts with this text in their name or id, ignoring case.',
    })
    search: string | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    const key = decodeId('Current', currentId, 'currentId');
    return listPartnerCohorts(admin, key, page, { search: search ?? undefined });
  }

  @FieldResolver(() => Cohort, {
    nullable: true,
    description: 'The cohort in the hub. Null if it is neither pushed nor pulled.',
    complexity: costs.read,
  })
  async cohort(@Root() { cohortId }: PartnerCohortView, @Ctx() { load }: AdminContext): Promise<unknown> {
    return cohortId === undefined ? undefined : load('Cohort', cohortId);
  }
}

@Resolver(() => PartnerCohortConnection)
export class PartnerCohortConnectionResolver {
  @FieldResolver(() => DateTime, {
    nullable: true,
    description: 'When the partner was asked for the list. Null if the page is empty.',
  })
  listedAt(@Root() { listedAt }: PartnerCohortPage): Date | undefined {
    return listedAt;
  }

  @FieldResolver(() => String, { description: 'What pulls from this partner need, and how they count for its limits.' })
  advice(@Root() { advice }: PartnerCohortPage): string {
    return advice;
  }
}
