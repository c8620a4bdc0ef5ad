import {
  checkSync,
  countSyncRefusals,
  countUnlistedRefusals,
  createSync,
  deleteSync,
  findSyncRefusals,
  findSyncsOfSegments,
  getSync,
  launchSync,
  listSegmentDestinations,
  listSyncRefusals,
  maxRefusals,
  pauseSync,
  planSync,
  resendSync,
  resumeSync,
  testSync,
  updateSyncCredentials,
  type SegmentSyncView,
  type SyncRefusal,
} from '@currents/core';
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { PageArgs } from './base/connection.js';
import type { AdminContext } from './base/context.js';
import { decodeId, encodeId } from './base/ids.js';
import { registerNode } from './base/node.js';
import { RequiresRole } from './base/role.js';
import { Count } from './base/scalars.js';
import { costs } from './costs.js';
import { Segment } from './segment.type.js';
import * as inputs from './segmentSync.input.js';
import * as types from './segmentSync.type.js';
import { SegmentDestination, SegmentSync, SegmentSyncObjectTaken } from './segmentSync.type.js';
import { given } from './withoutNulls.js';

registerNode('SegmentSync', findSyncsOfSegments);
registerNode('SegmentSyncRefusal', findSyncRefusals);

const listed = maxRefusals.toLocaleString('en-GB');
const keyOf = (id: string): string => decodeId('SegmentSync', id, 'input.id');

@Resolver(() => SegmentDestination)
export class SegmentDestinationResolver {
  @RequiresRole('viewer')
  @Query(() => [SegmentDestination], {
    description: 'The destinations that can hold segments, in this version of the hub.',
    complexity: costs.list(2),
  })
  segmentDestinations(@Ctx() { admin }: AdminContext): unknown {
    return listSegmentDestinations(admin);
  }

  @FieldResolver(() => String, {
    description: 'A name for what holds a segment of this name, such as currents_buyers, which the settings accept.',
  })
  suggestedName(
    @Arg('segmentName', () => String, { description: 'Name of the segment.' }) segmentName: string,
    @Root() { suggestName }: { readonly suggestName: (name: string) => string },
  ): string {
    return suggestName(segmentName.slice(0, 200));
  }
}

@Resolver(() => SegmentSyncObjectTaken)
export class SegmentSyncObjectTakenResolver {
  @FieldResolver(() => ID, { description: 'Id of that sync.' })
  ownerId(@Root() { segmentSyncId }: { readonly segmentSyncId: string }): string {
    return encodeId('SegmentSync', segmentSyncId);
  }
}

@Resolver(() => types.SegmentSyncRefusal)
export class SegmentSyncRefusalResolver {
  @FieldResolver(() => SegmentSync, {
    nullable: true,
    description: 'The sync. Null if it is deleted.',
    complexity: costs.read,
  })
  async segmentSync(@Root() { segmentSyncId }: SyncRefusal, @Ctx() { load }: AdminContext): Promise<unknown> {
    return load('SegmentSync', segmentSyncId);
  }
}

@Resolver(() => SegmentSync)
export class SegmentSyncResolver {
  @RequiresRole('viewer')
  @Query(() => types.SegmentSyncResult, { description: 'One sync of a segment.', complexity: costs.read })
  async segmentSync(
    @Arg('id', () => ID, { description: 'Id of the segment sync.' }) id: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return getSync(admin, decodeId('SegmentSync', id, 'id'));
  }

  @FieldResolver(() => Segment, { nullable: true, description: 'The segment that is held.', complexity: costs.read })
  async segment(@Root() { segmentId }: SegmentSyncView, @Ctx() { load }: AdminContext): Promise<unknown> {
    return load('Segment', segmentId);
  }

  @FieldResolver(() => types.SegmentSyncRefusalConnection, {
    description: `What the destination refused or cannot take, the newest first: the newest ${listed} of the retention period (RETENTION_DAYS). unlistedRefusalCount says how many there were beside.`,
    complexity: costs.page,
  })
  async refusals(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => inputs.SegmentSyncRefusalFilter, {
      nullable: true,
      description: 'Which refusals to list. Null: all.',
    })
    filter: inputs.SegmentSyncRefusalFilter | null | undefined,
    @Root() { id }: SegmentSyncView,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listSyncRefusals(admin, id, page, given(filter));
  }

  @FieldResolver(() => [types.SegmentSyncRefusalCount], {
    description: 'How many of the listed refusals have each reason, the most frequent first.',
    complexity: costs.list(10),
  })
  async refusalCounts(@Root() sync: SegmentSyncView, @Ctx() { admin }: AdminContext): Promise<unknown> {
    return countSyncRefusals(admin, sync);
  }

  @FieldResolver(() => Count, {
    description: `Number of refusals in refusedCount that are no longer in refusals: beyond the newest ${listed}, older than the retention period, or of users whose data was deleted.`,
    complexity: costs.read,
  })
  async unlistedRefusalCount(@Root() { id }: SegmentSyncView, @Ctx() { admin }: AdminContext): Promise<number> {
    return countUnlistedRefusals(admin, id);
  }

  @RequiresRole('viewer')
  @Query(() => types.SegmentSyncPlanResult, {
    description: 'What a first sync would take: users, requests, time and cost. Stores and sends nothing.',
    complexity: costs.read,
  })
  async segmentSyncPlan(
    @Arg('input', () => inputs.SegmentSyncPlanInput, { description: 'What to plan for.' })
    { segmentId, segmentSyncId, ...given }: inputs.SegmentSyncPlanInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return planSync(admin, {
      ...given,
      segmentId: decodeId('Segment', segmentId, 'input.segmentId'),
      syncId: segmentSyncId ? decodeId('SegmentSync', segmentSyncId, 'input.segmentSyncId') : undefined,
    });
  }

  @RequiresRole('viewer')
  @Query(() => types.SegmentSyncDriftResult, {
    description:
      'Compares the members of a segment with what was sent of them. What is still to be sent counts as missing or surplus. resendSegmentSync repairs it.',
    complexity: costs.scan,
  })
  async segmentSyncDrift(
    @Arg('id', () => ID, { description: 'Id of the segment sync.' }) id: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return checkSync(admin, decodeId('SegmentSync', id, 'id'));
  }

  @RequiresRole('operator')
  @Mutation(() => types.CreateSegmentSyncResult, {
    description: 'Creates a sync of a segment as a DRAFT; launchSegmentSync starts it. deleteSegmentSync undoes it.',
    complexity: costs.write,
  })
  async createSegmentSync(
    @Arg('input', () => inputs.CreateSegmentSyncInput, { description: 'The new sync.' })
    { segmentId, ...given }: inputs.CreateSegmentSyncInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return createSync(admin, { ...given, segmentId: decodeId('Segment', segmentId, 'input.segmentId') });
  }

  @RequiresRole('operator')
  @Mutation(() => types.TestSegmentSyncResult, {
    description:
      'Asks the destination whether it would accept members, without sending any. Changes nothing, except that a blocked sync that passes with what is stored resumes soon after. Tests of given credentials are limited to 30 per minute for one admin token, together with those of testCredentials; they are neither stored nor logged.',
    complexity: costs.call,
  })
  async testSegmentSync(
    @Arg('input', () => inputs.TestSegmentSyncInput, { description: 'What to test, and what to try.' })
    input: inputs.TestSegmentSyncInput,
    @Ctx() { admin, adminTokenId }: AdminContext,
  ): Promise<unknown> {
    const { id, ...rest } = given(input);
    return testSync(admin, { ...rest, syncId: id === undefined ? undefined : keyOf(id) }, adminTokenId);
  }

  @RequiresRole('operator')
  @Mutation(() => types.LaunchSegmentSyncResult, {
    description:
      'Tests the destination, then sends all members once, and from then on entries and exits. See segmentSyncPlan first. Launching a live sync answers with the sync. pauseSegmentSync undoes it.',
    complexity: costs.call,
  })
  async launchSegmentSync(
    @Arg('input', () => inputs.LaunchSegmentSyncInput, { description: 'Which sync.' })
    { id }: inputs.LaunchSegmentSyncInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return launchSync(admin, keyOf(id));
  }

  @RequiresRole('operator')
  @Mutation(() => types.PauseSegmentSyncResult, {
    description: 'Pauses a sync. Pausing a paused sync answers with the sync. resumeSegmentSync undoes it.',
    complexity: costs.write,
  })
  async pauseSegmentSync(
    @Arg('input', () => inputs.PauseSegmentSyncInput, { description: 'Which sync.' })
    { id }: inputs.PauseSegmentSyncInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return pauseSync(admin, keyOf(id));
  }

  @RequiresRole('operator')
  @Mutation(() => types.ResumeSegmentSyncResult, {
    description:
      'Resumes a paused or blocked sync at once. Resuming a live sync answers with the sync. pauseSegmentSync undoes it.',
    complexity: costs.write,
  })
  async resumeSegmentSync(
    @Arg('input', () => inputs.ResumeSegmentSyncInput, { description: 'Which sync.' })
    { id }: inputs.ResumeSegmentSyncInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return resumeSync(admin, keyOf(id));
  }

  @RequiresRole('admin')
  @Mutation(() => types.UpdateSegmentSyncResult, {
    description: 'Replaces the credentials of a sync; a blocked one is probed with them at once. Cannot be undone.',
    complexity: costs.write,
  })
  async updateSegmentSync(
    @Arg('input', () => inputs.UpdateSegmentSyncInput, { description: 'Which sync, and its credentials.' })
    { id, ...given }: inputs.UpdateSegmentSyncInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return updateSyncCredentials(admin, keyOf(id), given);
  }

  @RequiresRole('operator')
  @Mutation(() => types.ResendSegmentSyncResult, {
    description:
      'Looks through all members again, and sends those that differ from what was sent, or all of them; plans only, unless dryRun is false. To undo it, pause the sync before it is done.',
    complexity: costs.scan,
  })
  async resendSegmentSync(
    @Arg('input', () => inputs.ResendSegmentSyncInput, { description: 'Which sync, and which members.' })
    { id, mode, dryRun, confirmName }: inputs.ResendSegmentSyncInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return resendSync(admin, keyOf(id), { mode, isDryRun: dryRun, confirmName: confirmName ?? undefined });
  }

  @RequiresRole('admin')
  @Mutation(() => types.DeleteSegmentSyncResult, {
    description:
      'Deletes a sync and its credentials, by default once all that was sent is taken back; plans only, unless dryRun is false. Cannot be undone.',
    complexity: costs.write,
  })
  async deleteSegmentSync(
    @Arg('input', () => inputs.DeleteSegmentSyncInput, { description: 'Which sync to delete.' })
    { id, dryRun, confirmName, isClearing }: inputs.DeleteSegmentSyncInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return deleteSync(admin, keyOf(id), { isDryRun: dryRun, isClearing, confirmName: confirmName ?? undefined });
  }
}
