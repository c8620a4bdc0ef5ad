import { listThrottledKeys } from '@currents/core';
import { Arg, Ctx, ID, Int, Query, Resolver } from 'type-graphql';
import type { AdminContext } from './base/context.js';
import { costs } from './costs.js';
import { ThrottledKeysResult } from './throttledKey.type.js';

@Resolver()
export class ThrottledKeyResolver {
  @Query(() => ThrottledKeysResult, {
    description:
      'The users and devices of a Current whose events wait now because they come faster than the destination takes them, the longest waiting first. ' +
      'Nobody else waits for them.',
    complexity: costs.page,
  })
  async throttledKeys(
    @Arg('currentId', () => ID, { description: 'Id of the Current.' }) currentId: string,
    @Arg('first', () => Int, { defaultValue: 50, description: 'How many at most: 1 to 200.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'nextCursor of the page before.' })
    after: string | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listThrottledKeys(admin, currentId, { first, after: after ?? undefined });
  }
}
