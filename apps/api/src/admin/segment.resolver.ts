import {
  createSegment,
  deleteSegment,
  findSegments,
  getMembership,
  getSegment,
  listMembers,
  listSegmentChanges,
  listSegments,
  listSegmentSyncs,
  listWebhooks,
  previewSegment,
  updateSegment,
  type Membership as CoreMembership,
  type SegmentChangePage,
  type SegmentView,
} from '@currents/core';
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { PageArgs } from './base/connection.js';
import type { AdminContext } from './base/context.js';
import { decodeId } from './base/ids.js';
import { registerNode } from './base/node.js';
import { DateTime } from './base/scalars.js';
import { RequiresRole } from './base/role.js';
import { Cohort } from './cohort.type.js';
import { costs } from './costs.js';
import * as inputs from './segment.input.js';
import { definitionOf, SegmentDefinitionInput } from './segment.input.js';
import * as types from './segment.type.js';
import { Membership, Segment, SegmentChangeConnection, SegmentDefinition } from './segment.type.js';
import { SegmentSyncConnection } from './segmentSync.type.js';
import { SegmentWebhookConnection } from './segmentWebhook.type.js';
import { given } from './withoutNulls.js';

registerNode('Segment', findSegments);

const ofSegment = 'Id of the segment.';

@Resolver(() => Segment)
export class SegmentResolver {
  @RequiresRole('viewer')
  @Query(() => types.SegmentConnection, {
    description: 'Segments, the newest first by default.',
    complexity: costs.page,
  })
  async segments(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => inputs.SegmentFilter, { nullable: true, description: 'Which segments to list. Null: all.' })
    filter: inputs.SegmentFilter | null | undefined,
    @Arg('orderBy', () => inputs.SegmentOrder, {
      nullable: true,
      description: 'How to order them; by default by the time of creation, the newest first.',
    })
    orderBy: InstanceType<typeof inputs.SegmentOrder> | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    const { cohortId, ...more } = given(filter);
    const key = cohortId === undefined ? undefined : decodeId('Cohort', cohortId, 'filter.cohortId');
    return listSegments(admin, page, { ...more, cohortId: key }, orderBy ?? undefined);
  }

  @RequiresRole('viewer')
  @Query(() => types.SegmentResult, { description: 'One segment with its definition.', complexity: costs.read })
  async segment(
    @Arg('id', () => ID, { description: ofSegment }) id: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return getSegment(admin, decodeId('Segment', id, 'id'));
  }

  @FieldResolver(() => [Cohort], {
    description: 'The cohorts in its definition: at most 60.',
    complexity: costs.list(60),
  })
  async cohorts(@Root() { cohortIds }: SegmentView, @Ctx() context: AdminContext): Promise<unknown> {
    return loadCohorts(context, cohortIds);
  }

  @FieldResolver(() => [types.SegmentDefinitionPart], {
    description:
      'The parts of its definition, at most 500, each followed by those below it: for programs that read definitions of any depth by one query.',
    complexity: costs.list(10),
  })
  definitionParts(@Root() { definition }: SegmentView): readonly types.SegmentDefinitionPart[] {
    return partsOf(definition, 1);
  }

  @RequiresRole('operator')
  @FieldResolver(() => types.MemberConnection, {
    nullable: true,
    description:
      'Its members, ordered by id. Null before the first evaluation. To read all of them, use GET /v1/segments/{id}/members.',
    complexity: costs.page,
  })
  async members(
    @Args(() => PageArgs) page: PageArgs,
    @Root() { id }: SegmentView,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    const members = await listMembers(admin, id, page);
    if (!('kind' in members)) return members;
    if (members.kind === 'SegmentNotEvaluated') return undefined;
    throw new Error('the segment was deleted while it was read');
  }

  @FieldResolver(() => SegmentWebhookConnection, {
    description: 'The webhooks that receive its changes, the newest first.',
    complexity: costs.page,
  })
  async webhooks(
    @Args(() => PageArgs) page: PageArgs,
    @Root() { id }: SegmentView,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listWebhooks(admin, id, page);
  }

  @FieldResolver(() => SegmentSyncConnection, {
    description: 'Its syncs: where its members are held, the newest first.',
    complexity: costs.page,
  })
  async syncs(
    @Args(() => PageArgs) page: PageArgs,
    @Root() { id }: SegmentView,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listSegmentSyncs(admin, id, page);
  }

  @RequiresRole('viewer')
  @Query(() => types.PreviewSegmentResult, {
    description:
      'Counts the members that a definition would select now, and returns some. Stores nothing. Refused when counting takes longer than 20 seconds: create the segment instead.',
    complexity: costs.scan,
  })
  async previewSegment(
    @Arg('definition', () => SegmentDefinitionInput, { description: 'Which users to select.' })
    definition: SegmentDefinitionInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return previewSegment(admin, definitionOf(definition, 'definition'));
  }

  @RequiresRole('operator')
  @Query(() => types.SegmentMembershipResult, {
    description: 'Whether a user is a member of a segment, as of its last evaluation.',
    complexity: costs.read,
  })
  async segmentMembership(
    @Arg('segmentId', () => ID, { description: ofSegment }) segmentId: string,
    @Arg('member', () => inputs.MemberInput, { description: 'The user, by one id.' }) member: inputs.MemberInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return getMembership(admin, decodeId('Segment', segmentId, 'segmentId'), given(member));
  }

  @RequiresRole('operator')
  @Query(() => types.SegmentChangesResult, {
    description:
      'The changes of a segment in order: after a cursor, or since a time. Followed by cursor, each change comes exactly once.',
    complexity: costs.page,
  })
  async segmentChanges(
    @Arg('segmentId', () => ID, { description: ofSegment }) segmentId: string,
    @Args(() => PageArgs) { first, after }: PageArgs,
    @Arg('since', () => DateTime, {
      nullable: true,
      description: 'Instead of after: changes recorded at this time or later, such as "2026-01-31T09:30:00Z".',
    })
    since: Date | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    const key = decodeId('Segment', segmentId, 'segmentId');
    return listSegmentChanges(admin, key, { first, after: after ?? undefined, since: since ?? undefined });
  }

  @RequiresRole('operator')
  @Mutation(() => types.CreateSegmentResult, {
    description: 'Creates a segment. It has members once a worker has evaluated it. deleteSegment undoes it.',
    complexity: costs.write,
  })
  async createSegment(
    @Arg('input', () => inputs.CreateSegmentInput, { description: 'The new segment.' })
    { name, definition }: inputs.CreateSegmentInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return createSegment(admin, { name, definition: definitionOf(definition, 'input.definition') });
  }

  @RequiresRole('operator')
  @Mutation(() => types.UpdateSegmentResult, {
    description:
      'Updates a segment. Members that a new definition adds or removes are recorded as changes and sent to webhooks. To undo it, update it back.',
    complexity: costs.write,
  })
  async updateSegment(
    @Arg('input', () => inputs.UpdateSegmentInput, { description: 'What to update.' })
    { id, ...update }: inputs.UpdateSegmentInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    const { definition, ...more } = given(update);
    return updateSegment(admin, decodeId('Segment', id, 'input.id'), {
      ...more,
      definition: definition && definitionOf(definition, 'input.definition'),
    });
  }

  @RequiresRole('admin')
  @Mutation(() => types.DeleteSegmentResult, {
    description:
      'Deletes a segment and its webhooks; plans only, unless dryRun is false. Cannot be undone. Its cohorts stay.',
    complexity: costs.write,
  })
  async deleteSegment(
    @Arg('input', () => inputs.DeleteSegmentInput, { description: 'Which segment to delete.' })
    { id, dryRun, confirmName }: inputs.DeleteSegmentInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    const key = decodeId('Segment', id, 'input.id');
    return deleteSegment(admin, key, { isDryRun: dryRun, confirmName: confirmName ?? undefined });
  }
}

@Resolver(() => SegmentDefinition)
export class SegmentDefinitionResolver {
  @FieldResolver(() => Cohort, { nullable: true, description: 'Members of this cohort.', complexity: costs.read })
  async includes(@Root() { includes }: { includes?: string }, @Ctx() { load }: AdminContext): Promise<unknown> {
    return includes === undefined ? undefined : load('Cohort', includes);
  }

  @FieldResolver(() => Cohort, {
    nullable: true,
    description: 'Users who are not members of this cohort.',
    complexity: costs.read,
  })
  async excludes(@Root() { excludes }: { excludes?: string }, @Ctx() { load }: AdminContext): Promise<unknown> {
    return excludes === undefined ? undefined : load('Cohort', excludes);
  }
}

@Resolver(() => types.SegmentDefinitionPart)
export class SegmentDefinitionPartResolver {
  @FieldResolver(() => Cohort, {
    nullable: true,
    description: 'The cohort of INCLUDES and EXCLUDES; null for the others.',
    complexity: costs.read,
  })
  async cohort(@Root() { cohortId }: types.SegmentDefinitionPart, @Ctx() { load }: AdminContext): Promise<unknown> {
    return cohortId === undefined ? undefined : load('Cohort', cohortId);
  }
}

@Resolver(() => Membership)
export class MembershipResolver {
  @FieldResolver(() => [Cohort], {
    description: 'The segment’s cohorts of which the user is a member.',
    complexity: costs.list(60),
  })
  async cohorts(@Root() { cohortIds }: CoreMembership, @Ctx() context: AdminContext): Promise<unknown> {
    return loadCohorts(context, cohortIds);
  }
}

@Resolver(() => SegmentChangeConnection)
export class SegmentChangeConnectionResolver {
  @FieldResolver(() => String, {
    description: 'Cursor to go on from, now or later: unlike pageInfo.endCursor, not null when the page is empty.',
  })
  resumeCursor(@Root() { resumeCursor }: SegmentChangePage): string {
    return resumeCursor;
  }
}

function partsOf(definition: SegmentView['definition'], level: number): readonly types.SegmentDefinitionPart[] {
  if ('includes' in definition) return [{ level, form: 'includes', cohortId: definition.includes }];
  if ('excludes' in definition) return [{ level, form: 'excludes', cohortId: definition.excludes }];
  if ('not' in definition) return [{ level, form: 'not' }, ...partsOf(definition.not, level + 1)];
  const [form, parts] = 'all' in definition ? (['all', definition.all] as const) : (['any', definition.any] as const);
  return [{ level, form }, ...parts.flatMap((part) => partsOf(part, level + 1))];
}

async function loadCohorts({ load }: AdminContext, ids: readonly string[]): Promise<readonly object[]> {
  const cohorts = await Promise.all(ids.map((id) => load('Cohort', id)));
  return cohorts.filter((cohort) => cohort !== undefined);
}
