import { listDestinations } from '@currents/core';
import { Ctx, Query, Resolver } from 'type-graphql';
import type { AdminContext } from './base/context.js';
import { RequiresRole } from './base/role.js';
import { costs } from './costs.js';
import { Destination } from './destination.type.js';

@Resolver()
export class DestinationResolver {
  @RequiresRole('viewer')
  @Query(() => [Destination], {
    description: 'The destinations that this version of the hub has a connector for.',
    complexity: costs.list(2),
  })
  destinations(@Ctx() { admin }: AdminContext): unknown {
    return listDestinations(admin);
  }
}
