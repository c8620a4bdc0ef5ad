import {
  countQuarantine,
  findQuarantinedEvents,
  groupQuarantine,
  listQuarantine,
  narrowQuarantine,
  purgeProblem,
  type QuarantinedEvent as EventView,
  type QuarantineFilter as CoreFilter,
} from '@currents/core';
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { PageArgs } from './base/connection.js';
import type { AdminContext } from './base/context.js';
import { decodeId, encodeId } from './base/ids.js';
import { registerNode } from './base/node.js';
import { RequiresRole } from './base/role.js';
import { costs } from './costs.js';
import {
  PurgeQuarantinedEventsInput,
  QuarantineCount,
  QuarantinedEvent,
  QuarantinedEventConnection,
  QuarantineGroup,
  QuarantineFilter,
  ReleaseQuarantinedEventsInput,
  type ReleaseFilter,
} from './quarantine.type.js';
import { PurgeQuarantinedEventsResult, ReleaseQuarantinedEventsResult } from './jobPayload.type.js';
import { checkReason } from './reason.js';
import { IngestToken } from './token.type.js';
import { given } from './withoutNulls.js';

registerNode('QuarantinedEvent', findQuarantinedEvents);

@Resolver(() => QuarantinedEvent)
export class QuarantineResolver {
  @RequiresRole('viewer')
  @Query(() => QuarantinedEventConnection, {
    description: 'Events that the catalogue refused, the newest first.',
    complexity: costs.page,
  })
  async quarantinedEvents(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => QuarantineFilter, { nullable: true, description: 'Which events to list.' })
    filter: QuarantineFilter | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listQuarantine(admin, page, await narrowed(admin, filter, 'filter'));
  }

  @FieldResolver(() => ID)
  ingestTokenId(@Root() { tokenId }: EventView): string {
    return encodeId('IngestToken', tokenId);
  }

  @FieldResolver(() => IngestToken, { nullable: true, complexity: costs.read })
  ingestToken(@Root() { tokenId }: EventView, @Ctx() { load }: AdminContext): unknown {
    return load('IngestToken', tokenId);
  }

  @RequiresRole('viewer')
  @Query(() => [QuarantineCount], {
    description: 'How many quarantined events have each reason, the most frequent first.',
    complexity: costs.scan,
  })
  async quarantineCounts(
    @Arg('filter', () => QuarantineFilter, { nullable: true, description: 'Which events to count.' })
    filter: QuarantineFilter | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return countQuarantine(admin, await narrowed(admin, filter, 'filter'));
  }

  @RequiresRole('viewer')
  @Query(() => [QuarantineGroup], {
    description:
      'The quarantined events by reason and event type: the 200 largest groups, the largest first. To act on one, pass its code and eventType as the filter.',
    complexity: costs.scan,
  })
  async quarantineGroups(
    @Arg('filter', () => QuarantineFilter, { nullable: true, description: 'Which events to group.' })
    filter: QuarantineFilter | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return groupQuarantine(admin, await narrowed(admin, filter, 'filter'));
  }

  @RequiresRole('operator')
  @Mutation(() => ReleaseQuarantinedEventsResult, {
    description:
      'Reads quarantined events again with the present catalogue, and stores those that it accepts now as if they had just arrived: each once. Cannot be undone, so it is a dry run by default.',
    complexity: costs.scan,
  })
  async releaseQuarantinedEvents(
    @Arg('input', () => ReleaseQuarantinedEventsInput, { description: 'Which quarantined events to release.' })
    { filter, dryRun }: ReleaseQuarantinedEventsInput,
    @Ctx() { admin, jobs, adminTokenId }: AdminContext,
  ): Promise<unknown> {
    const input = { filter: await narrowed(admin, filter, 'input.filter'), isDryRun: dryRun };
    return jobs.create('release_quarantined_events', input, adminTokenId);
  }

  @RequiresRole('admin')
  @Mutation(() => PurgeQuarantinedEventsResult, {
    description:
      'Deletes quarantined events, released ones too. quarantineCounts goes on counting them. Cannot be undone, so it is a dry run by default.',
    complexity: costs.scan,
  })
  async purgeQuarantinedEvents(
    @Arg('input', () => PurgeQuarantinedEventsInput, { description: 'Which quarantined events to purge.' })
    { filter, dryRun, confirmEventCount, reason }: PurgeQuarantinedEventsInput,
    @Ctx() { admin, jobs, adminTokenId }: AdminContext,
  ): Promise<unknown> {
    if (reason != null) checkReason(reason);
    const chosen = await narrowed(admin, filter, 'input.filter');
    const problem = dryRun ? undefined : await purgeProblem(admin, chosen, confirmEventCount ?? undefined);
    const input = { filter: chosen, isDryRun: dryRun, reason: reason ?? undefined };
    return problem ?? jobs.create('purge_quarantined_events', input, adminTokenId);
  }
}

/** What a job stores: no id of a user. */
function narrowed(
  admin: AdminContext['admin'],
  filter: (ReleaseFilter & Partial<QuarantineFilter>) | null | undefined,
  path: string,
): Promise<CoreFilter> {
  const { ids, ingestTokenId, ...rest } = given(filter);
  return narrowQuarantine(admin, {
    ...rest,
    ids: ids?.map((id, index) => decodeId('QuarantinedEvent', id, `${path}.ids.${index}`)),
    tokenId: ingestTokenId === undefined ? undefined : decodeId('IngestToken', ingestTokenId, `${path}.ingestTokenId`),
  });
}
