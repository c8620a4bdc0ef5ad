import {
  checkCohort,
  deleteCohort,
  getCohort,
  listCohorts,
  listSyncs,
  reportCohortSize,
  setCohortSchedule,
  type Schedule as ScheduleName,
} from '@currents/core';
import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { CohortFilter } from './cohort.input.js';
import { CheckCohortResult, Cohort, CohortPage, CohortResult, DeleteCohortResult, Schedule } from './cohort.type.js';
import { CohortSyncPage } from './cohortSync.type.js';
import type { AdminContext } from './base/context.js';
import { costs } from './costs.js';
import { given } from './withoutNulls.js';
import { Count } from './base/scalars.js';

const ofCohort = 'Id of the cohort.';

@Resolver(() => Cohort)
export class CohortResolver {
  @Query(() => CohortPage, { description: 'Cohorts, the newest first.', complexity: costs.page })
  async cohorts(
    @Arg('first', () => Int, { defaultValue: 50, description: 'How many at most: 1 to 200.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'nextCursor of the page before.' })
    after: string | null | undefined,
    @Arg('filter', () => CohortFilter, { nullable: true, description: 'Which cohorts.' })
    filter: CohortFilter | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listCohorts(admin, { first, after: after ?? undefined }, given(filter));
  }

  @Query(() => CohortResult, {
    description: 'One cohort; deleted ones can still be looked at.',
    complexity: costs.read,
  })
  async cohort(
    @Arg('id', () => ID, { description: ofCohort }) id: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return getCohort(admin, id);
  }

  @FieldResolver(() => CohortSyncPage, {
    description: 'The history of its syncs, the newest first.',
    complexity: costs.page,
  })
  async syncs(
    @Arg('first', () => Int, { defaultValue: 10, description: 'How many at most: 1 to 200.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'nextCursor of the page before.' })
    after: string | null | undefined,
    @Root() { id }: Cohort,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listSyncs(admin, id, { first, after: after ?? undefined });
  }

  @Query(() => CheckCohortResult, {
    description:
      'Counts a cohort’s members one by one, and compares them with the counts that are kept. Reads all of them.',
    complexity: costs.scan,
  })
  async checkCohort(
    @Arg('id', () => ID, { description: ofCohort }) id: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return checkCohort(admin, id);
  }

  @Mutation(() => CohortResult, {
    description:
      'States how often the cohort syncs, so that it is shown as stale when nothing comes. Changes nothing at a partner that pushes it; ' +
      'one that the hub pulls is pulled so often from now on. To undo it, state what it was before.',
    complexity: costs.write,
  })
  async setCohortSchedule(
    @Arg('id', () => ID, { description: ofCohort }) id: string,
    @Arg('schedule', () => Schedule, {
      nullable: true,
      description: 'How often; left out, nobody knows, and one that the hub pulls is pulled only when somebody asks.',
    })
    schedule: ScheduleName | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return setCohortSchedule(admin, id, schedule ?? undefined);
  }

  @Mutation(() => CohortResult, {
    description:
      'Notes how many members the cohort has at the partner, as an admin has read it there, to compare it with what is held: see drift. To undo it, note the former number; the partner’s next whole sync notes its own.',
    complexity: costs.write,
  })
  async noteCohortSize(
    @Arg('id', () => ID, { description: ofCohort }) id: string,
    @Arg('members', () => Count, { description: 'Its members at the partner, at this moment.' }) members: number,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return reportCohortSize(admin, id, { members, by: 'admin' });
  }

  @Mutation(() => DeleteCohortResult, {
    description:
      'Forgets a cohort and its members, and pulls it no more. Cannot be undone: entries and exits that its partner sends are refused from now on. ' +
      'Should the partner declare it again or send it whole, it begins anew.',
    complexity: costs.write,
  })
  async deleteCohort(
    @Arg('id', () => ID, { description: ofCohort }) id: string,
    @Arg('confirmName', () => String, { description: 'Its name as it is shown, exactly, to confirm.' })
    confirmName: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return deleteCohort(admin, id, confirmName);
  }
}
