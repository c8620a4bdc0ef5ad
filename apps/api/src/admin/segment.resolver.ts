import {
  updateSegment,
  createSegment,
  deleteSegment,
  getMembership,
  getCohort,
  getSegment,
  listMembers,
  listSegmentChanges,
  listSegments,
  listWebhooks,
  previewSegment,
  type SegmentView,
} from '@currents/core';
import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { Cohort } from './cohort.type.js';
import type { AdminContext } from './base/context.js';
import { costs } from './costs.js';
import { given } from './withoutNulls.js';
import { Count, DateTime, JsonObject } from './base/scalars.js';
import { ChangeSegmentInput, CreateSegmentInput, MemberInput, ofDefinition, SegmentFilter } from './segment.input.js';
import {
  ChangeSegmentResult,
  CreateSegmentResult,
  DeleteSegmentResult,
  MemberPage,
  PreviewSegmentResult,
  Segment,
  SegmentChangesResult,
  SegmentMembershipResult,
  SegmentPage,
  SegmentResult,
} from './segment.type.js';
import { SegmentWebhookPage } from './segmentWebhook.type.js';

const ofSegment = 'Id of the segment.';

@Resolver(() => Segment)
export class SegmentResolver {
  @Query(() => SegmentPage, { description: 'Segments, the newest first.', complexity: costs.page })
  async segments(
    @Arg('first', () => Int, { defaultValue: 50, description: 'How many at most: 1 to 200.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'nextCursor of the page before.' })
    after: string | null | undefined,
    @Arg('filter', () => SegmentFilter, { nullable: true, description: 'Which segments.' })
    filter: SegmentFilter | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listSegments(admin, { first, after: after ?? undefined }, given(filter));
  }

  @Query(() => SegmentResult, { description: 'One segment.', complexity: costs.read })
  async segment(
    @Arg('id', () => ID, { description: ofSegment }) id: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return getSegment(admin, id);
  }

  @FieldResolver(() => Count, { description: 'How many members it has, as last evaluated.' })
  memberCount(@Root() { members }: SegmentView): number {
    return members;
  }

  @FieldResolver(() => [Cohort], { description: 'The cohorts that it is made of.', complexity: costs.tree })
  async cohorts(@Root() { cohortIds }: SegmentView, @Ctx() { admin }: AdminContext): Promise<unknown> {
    const cohorts = await Promise.all(cohortIds.map((id) => getCohort(admin, id)));
    return cohorts.filter(({ kind }) => kind === 'Cohort');
  }

  @FieldResolver(() => MemberPage, {
    description: 'Its members. For all of them, see GET /v1/segments/:id/members.',
    complexity: costs.page,
  })
  async members(
    @Arg('first', () => Int, { defaultValue: 50, description: 'How many at most: 1 to 200.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'nextCursor of the page before.' })
    after: string | null | undefined,
    @Root() { id }: SegmentView,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    const page = await listMembers(admin, id, { first, after: after ?? undefined });
    return 'kind' in page ? { nodes: [] } : page;
  }

  @FieldResolver(() => SegmentWebhookPage, {
    description: 'Who is told of entries and exits, the newest first.',
    complexity: costs.page,
  })
  async webhooks(
    @Arg('first', () => Int, { defaultValue: 10, description: 'How many at most: 1 to 200.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'nextCursor of the page before.' })
    after: string | null | undefined,
    @Root() { id }: SegmentView,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listWebhooks(admin, id, { first, after: after ?? undefined });
  }

  @Query(() => PreviewSegmentResult, {
    description: 'Counts the members that a definition would hold now, and shows some. Keeps nothing.',
    complexity: costs.scan,
  })
  async previewSegment(
    @Arg('definition', () => JsonObject, { description: ofDefinition }) definition: Readonly<Record<string, unknown>>,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return previewSegment(admin, definition);
  }

  @Query(() => SegmentMembershipResult, {
    description: 'Whether a user belongs to a segment, as it was last evaluated.',
    complexity: costs.read,
  })
  async segmentMembership(
    @Arg('id', () => ID, { description: ofSegment }) id: string,
    @Arg('member', () => MemberInput, { description: 'Who, by exactly one id.' }) member: MemberInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return getMembership(admin, id, given(member));
  }

  @Query(() => SegmentChangesResult, {
    description:
      'Who entered a segment and who left it, in order: after a cursor, or since a moment. Followed by cursor, nothing is missed and nothing comes twice.',
    complexity: costs.page,
  })
  async segmentChanges(
    @Arg('id', () => ID, { description: ofSegment }) id: string,
    @Arg('first', () => Int, { defaultValue: 100, description: 'How many at most: 1 to 1000.' }) first: number,
    @Arg('after', () => String, {
      nullable: true,
      description: 'nextCursor of the answer before, or changesCursor of the segment.',
    })
    after: string | null | undefined,
    @Arg('since', () => DateTime, {
      nullable: true,
      description: 'To begin with, in place of a cursor: what was noted from then on.',
    })
    since: Date | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listSegmentChanges(admin, id, { first, after: after ?? undefined, since: since ?? undefined });
  }

  @Mutation(() => CreateSegmentResult, {
    description: 'Creates a segment. Its members are there once a worker has evaluated it. To undo it, delete it.',
    complexity: costs.write,
  })
  async createSegment(
    @Arg('input', () => CreateSegmentInput, { description: 'The new segment.' }) input: CreateSegmentInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return createSegment(admin, input);
  }

  @Mutation(() => ChangeSegmentResult, {
    description:
      'Changes a segment. Who enters or leaves by a new definition is noted, and told, as ever. To undo it, change it back.',
    complexity: costs.write,
  })
  async changeSegment(
    @Arg('id', () => ID, { description: ofSegment }) id: string,
    @Arg('input', () => ChangeSegmentInput, { description: 'What to change.' }) input: ChangeSegmentInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return updateSegment(admin, id, given(input));
  }

  @Mutation(() => DeleteSegmentResult, {
    description: 'Ends a segment and its webhooks for good. Cannot be undone. Its cohorts stay.',
    complexity: costs.write,
  })
  async deleteSegment(
    @Arg('id', () => ID, { description: ofSegment }) id: string,
    @Arg('confirmName', () => String, { description: 'Its name, exactly, to confirm.' }) confirmName: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return deleteSegment(admin, id, confirmName);
  }
}
