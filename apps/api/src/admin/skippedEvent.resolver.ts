import { findSkippedEvents, listSkippedEvents, type SkippedEvent as EventView } from '@currents/core';
import { Arg, Args, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { PageArgs } from './base/connection.js';
import type { AdminContext } from './base/context.js';
import { decodeId, encodeId } from './base/ids.js';
import { registerNode } from './base/node.js';
import { RequiresRole } from './base/role.js';
import { costs } from './costs.js';
import { Current } from './current.type.js';
import { SkippedEvent, SkippedEventConnection, SkippedEventFilter } from './skippedEvent.type.js';
import { given } from './withoutNulls.js';

registerNode('SkippedEvent', findSkippedEvents);

@Resolver(() => SkippedEvent)
export class SkippedEventResolver {
  @RequiresRole('viewer')
  @Query(() => SkippedEventConnection, {
    description:
      'Events of the retention period that a Current skipped, the newest first. What one page reads is bounded: it may have fewer events than first, even none, although hasNextPage says that more may follow.',
    complexity: costs.walk,
  })
  async skippedEvents(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => SkippedEventFilter, { description: 'Which skipped events to list.' })
    filter: SkippedEventFilter,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    const currentId = decodeId('Current', filter.currentId, 'filter.currentId');
    return listSkippedEvents(admin, page, { ...given(filter), currentId });
  }

  @FieldResolver(() => ID)
  currentId(@Root() { currentId }: EventView): string {
    return encodeId('Current', currentId);
  }

  @FieldResolver(() => Current, { complexity: costs.read })
  current(@Root() { currentId }: EventView, @Ctx() { load }: AdminContext): unknown {
    return load('Current', currentId);
  }
}
