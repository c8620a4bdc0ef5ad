import { countQuarantine, listQuarantine, planRelease, releaseQuarantined } from '@currents/core';
import { Arg, Ctx, Int, Mutation, Query, Resolver } from 'type-graphql';
import type { AdminContext } from './base/context.js';
import { costs } from './costs.js';
import { given } from './withoutNulls.js';
import { QuarantineCount, QuarantineFilter, QuarantinePage, ReleaseResult } from './quarantine.type.js';

@Resolver()
export class QuarantineResolver {
  @Query(() => QuarantinePage, {
    description: 'Events that the catalogue refused, the newest first.',
    complexity: costs.page,
  })
  async quarantine(
    @Arg('first', () => Int, { defaultValue: 50, description: 'How many at most: 1 to 200.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'nextCursor of the page before.' })
    after: string | null | undefined,
    @Arg('filter', () => QuarantineFilter, { nullable: true, description: 'Which events.' })
    filter: QuarantineFilter | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listQuarantine(admin, { first, after: after ?? undefined }, given(filter));
  }

  @Query(() => [QuarantineCount], {
    description: 'How many quarantined events have each code, the most frequent first.',
    complexity: costs.scan,
  })
  async quarantineCounts(
    @Arg('filter', () => QuarantineFilter, { nullable: true, description: 'Which events.' })
    filter: QuarantineFilter | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return countQuarantine(admin, given(filter));
  }

  @Mutation(() => ReleaseResult, {
    description:
      'Reads quarantined events again with the present catalogue, and stores those that it takes now as if they came now. ' +
      'Without confirm it only says what it would do. Each event is released once; that cannot be undone.',
    complexity: costs.scan,
  })
  async releaseQuarantined(
    @Arg('filter', () => QuarantineFilter, { description: 'Which events.' }) filter: QuarantineFilter,
    @Arg('confirm', () => Boolean, { defaultValue: false, description: 'Do it.' }) confirm: boolean,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return confirm ? releaseQuarantined(admin, given(filter)) : planRelease(admin, given(filter));
  }
}
