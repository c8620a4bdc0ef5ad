import {
  cancelCohortPull,
  findPull,
  createCohortPull,
  getCohort,
  getPull,
  listPartnerCohorts,
  listPulls,
  runCohortPull,
  deleteCohortPull,
  type PullView,
} from '@currents/core';
import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { Cohort } from './cohort.type.js';
import type { AdminContext } from './base/context.js';
import { decodeId, encodeId } from './base/ids.js';
import { costs } from './costs.js';
import { given } from './withoutNulls.js';
import { CohortPullFilter, FollowCohortInput } from './pull.input.js';
import {
  CancelPullResult,
  CohortPullResult,
  FollowCohortResult,
  PartnerCohortsResult,
  PullCohortNowResult,
  StopPullingCohortResult,
} from './pull.result.js';
import { CohortPull, CohortPullPage } from './pull.type.js';

const ofCohort = 'Id of the cohort.';

@Resolver(() => CohortPull)
export class CohortPullResolver {
  @FieldResolver(() => ID)
  currentId(@Root() { currentId }: PullView): string {
    return encodeId('Current', currentId);
  }

  @Query(() => PartnerCohortsResult, {
    description:
      'The cohorts that a Current’s partner has. Asks the partner, with the Current’s credentials, unless it was asked within the last minute; later pages are of the same list. ' +
      'A question counts for the partner’s quotas as a step of a pull does.',
    complexity: costs.call,
  })
  async partnerCohorts(
    @Arg('currentId', () => ID, { description: 'Id of the Current; in any state but deleted.' }) currentId: string,
    @Arg('first', () => Int, { defaultValue: 50, description: 'How many at most: 1 to 200.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'nextCursor of the page before.' })
    after: string | null | undefined,
    @Arg('text', () => String, {
      nullable: true,
      description: 'Only those with this in the name or in the id, in upper or lower case.',
    })
    text: string | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listPartnerCohorts(
      admin,
      decodeId('Current', currentId, 'currentId'),
      { first, after: after ?? undefined },
      { text: text ?? undefined },
    );
  }

  @Query(() => CohortPullPage, { description: 'What the hub pulls, the newest cohorts first.', complexity: costs.page })
  async cohortPulls(
    @Arg('first', () => Int, { defaultValue: 50, description: 'How many at most: 1 to 200.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'nextCursor of the page before.' })
    after: string | null | undefined,
    @Arg('filter', () => CohortPullFilter, { nullable: true, description: 'Which pulls.' })
    filter: CohortPullFilter | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    const { currentId, ...rest } = given(filter);
    const key = currentId === undefined ? undefined : decodeId('Current', currentId, 'filter.currentId');
    return listPulls(admin, { first, after: after ?? undefined }, { ...rest, currentId: key });
  }

  @Query(() => CohortPullResult, { description: 'How one cohort is pulled.', complexity: costs.read })
  async cohortPull(
    @Arg('cohortId', () => ID, { description: ofCohort }) cohortId: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return getPull(admin, cohortId);
  }

  @FieldResolver(() => Cohort, { description: 'The cohort.', complexity: costs.read })
  async cohort(@Root() { cohortId }: CohortPull, @Ctx() { admin }: AdminContext): Promise<unknown> {
    return getCohort(admin, cohortId);
  }

  @Mutation(() => FollowCohortResult, {
    description:
      'Pulls a cohort from its partner from now on: at once, and then by the schedule. Where the partner pushes it as well, whatever comes last counts. ' +
      'stopPullingCohort undoes it.',
    complexity: costs.call,
  })
  async followCohort(
    @Arg('input', () => FollowCohortInput, { description: 'Which, and how often.' }) input: FollowCohortInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return createCohortPull(admin, { ...input, currentId: decodeId('Current', input.currentId, 'input.currentId') });
  }

  @Mutation(() => PullCohortNowResult, {
    description:
      'Begins a pull at once, whatever the schedule says and however the last one failed. cancelPull undoes it while it is under way.',
    complexity: costs.write,
  })
  async pullCohortNow(
    @Arg('cohortId', () => ID, { description: ofCohort }) cohortId: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return runCohortPull(admin, cohortId);
  }

  @Mutation(() => CancelPullResult, {
    description:
      'Ends the pull that is under way. What it fetched is dropped, and the members stay as they are; the next one follows by the schedule. ' +
      'To undo it, begin anew with pullCohortNow: it costs the partner’s quotas once more.',
    complexity: costs.write,
  })
  async cancelPull(
    @Arg('cohortId', () => ID, { description: ofCohort }) cohortId: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return cancelCohortPull(admin, cohortId);
  }

  @Mutation(() => StopPullingCohortResult, {
    description:
      'Pulls a cohort no more. Its members stay as they are, and nobody keeps them up to date: deleteCohort forgets them. followCohort undoes it.',
    complexity: costs.write,
  })
  async stopPullingCohort(
    @Arg('cohortId', () => ID, { description: ofCohort }) cohortId: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return deleteCohortPull(admin, cohortId);
  }
}

@Resolver(() => Cohort)
export class PulledCohortResolver {
  @FieldResolver(() => CohortPull, {
    nullable: true,
    description: 'How the hub pulls it; null when its partner pushes it.',
    complexity: costs.read,
  })
  async pull(@Root() { id }: Cohort, @Ctx() { admin }: AdminContext): Promise<unknown> {
    return findPull(admin, id);
  }
}
