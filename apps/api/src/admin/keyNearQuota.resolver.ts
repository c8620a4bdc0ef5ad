import { listKeysNearQuota } from '@currents/core';
import { Arg, Ctx, ID, Int, Query, Resolver } from 'type-graphql';
import type { AdminContext } from './base/context.js';
import { costs } from './costs.js';
import { KeysNearQuotaResult } from './keyNearQuota.type.js';

@Resolver()
export class KeyNearQuotaResolver {
  @Query(() => KeysNearQuotaResult, {
    description:
      'The users and devices of which a Current has delivered 80 % or more of what the destination takes of one in a day, by the hub’s own count. ' +
      'It is a warning: nothing waits before the destination itself refuses; see throttledKeys for what does.',
    complexity: costs.page,
  })
  async keysNearQuota(
    @Arg('currentId', () => ID, { description: 'Id of the Current.' }) currentId: string,
    @Arg('first', () => Int, { defaultValue: 50, description: 'How many at most: 1 to 200.' }) first: number,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listKeysNearQuota(admin, currentId, first);
  }
}
