import { createUnionType, Field, ID, Int, ObjectType } from 'type-graphql';
import { Cohort, Sizes } from './cohort.type.js';
import { Problem, ProblemType } from './base/problem.js';
import { kindOf } from './base/kind.js';
import { InputInvalid, NameTaken, NotConfirmed } from './problem.type.js';
import { Count, DateTime, JsonObject } from './base/scalars.js';
import { SegmentWebhookPage, SegmentWebhookSecretShown } from './segmentWebhook.type.js';
import { ofDefinition } from './segment.input.js';

@ObjectType({ description: 'A user alias.' })
export class Alias {
  @Field(() => String, { description: 'The alias itself.' })
  name!: string;

  @Field(() => String, { description: 'Of which kind it is.' })
  label!: string;
}

@ObjectType({ description: 'A user, by the one id that the partner used.' })
export class Member {
  @Field(() => String, { nullable: true, description: 'By an external id.' })
  externalId?: string;

  @Field(() => String, { nullable: true, description: 'By a device id.' })
  deviceId?: string;

  @Field(() => Alias, { nullable: true, description: 'By an alias.' })
  alias?: Alias;
}

@ObjectType({ description: 'Some members, in an order of their own that never changes.' })
export class MemberPage {
  @Field(() => [Member], { description: 'The members of this page.' })
  nodes!: Member[];

  @Field(() => String, { nullable: true, description: 'Give it as after to get the next page; null on the last one.' })
  nextCursor?: string;
}

@ObjectType({
  description:
    'An audience, defined over cohorts. Its members are brought in line with the cohorts by the workers, within seconds.',
})
export class Segment {
  @Field(() => ID, { description: 'Never changes.' })
  id!: string;

  @Field(() => String, { description: 'What admins call it; no two segments share one.' })
  name!: string;

  @Field(() => JsonObject, { description: ofDefinition })
  definition!: Readonly<Record<string, unknown>>;

  @Field(() => [Cohort], { description: 'The cohorts that it is made of.' })
  cohorts!: Cohort[];

  @Field(() => Count, { description: 'How many members it has, as last evaluated.' })
  memberCount!: number;

  @Field(() => Sizes, { description: 'The same, by the kind of their ids.' })
  sizes!: Sizes;

  @Field(() => MemberPage, { description: 'Its members. For all of them, see GET /v1/segments/:id/members.' })
  members!: MemberPage;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When its members were last brought in line; null before the first time.',
  })
  evaluatedAt?: Date;

  @Field(() => Int, { nullable: true, description: 'How long that took, in milliseconds.' })
  evaluationMs?: number;

  @Field(() => Boolean, { description: 'Whether its cohorts, or its definition, have changed since.' })
  due!: boolean;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Since when every entry and exit is known; null before the first evaluation.',
  })
  changesSince?: Date;

  @Field(() => String, {
    description: 'Where it stands: give it as after to segmentChanges to learn what happens from now on.',
  })
  changesCursor!: string;

  @Field(() => SegmentWebhookPage, { description: 'Who is told of entries and exits, the newest first.' })
  webhooks!: SegmentWebhookPage;

  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: Date;

  @Field(() => DateTime, { description: 'When an admin last changed it.' })
  updatedAt!: Date;
}

@ObjectType({ description: 'Some segments, the newest first.' })
export class SegmentPage {
  @Field(() => [Segment], { description: 'The segments of this page.' })
  nodes!: Segment[];

  @Field(() => String, { nullable: true, description: 'Give it as after to get the next page; null on the last one.' })
  nextCursor?: string;
}

@ObjectType({ description: 'Whom a segment of this definition would hold now.' })
export class SegmentPreview {
  @Field(() => Count, { description: 'How many members.' })
  members!: number;

  @Field(() => Sizes, { description: 'The same, by the kind of their ids.' })
  sizes!: Sizes;

  @Field(() => [Member], { description: 'Up to 20 of them.' })
  examples!: Member[];
}

@ObjectType({ description: 'Whether somebody belongs to a segment, as it was last evaluated.' })
export class Membership {
  @Field(() => Boolean, { description: 'Whether they do.' })
  belongs!: boolean;

  @Field(() => [ID], { description: 'The cohorts of the segment that they are in.' })
  cohortIds!: string[];

  @Field(() => DateTime, { nullable: true, description: 'When the segment was last evaluated.' })
  evaluatedAt?: Date;
}

@ObjectType({ description: 'Somebody entered a segment, or left it.' })
export class SegmentChange {
  @Field(() => String, { description: 'Give it as after to go on from here.' })
  cursor!: string;

  @Field(() => DateTime, { description: 'When it was noted.' })
  at!: Date;

  @Field(() => Boolean, { description: 'True: entered. False: left.' })
  entered!: boolean;

  @Field(() => Member, { description: 'Who.' })
  member!: Member;
}

@ObjectType({ description: 'Who entered a segment and who left it, in order.' })
export class SegmentChanges {
  @Field(() => [SegmentChange], { description: 'What happened.' })
  changes!: SegmentChange[];

  @Field(() => String, { description: 'Give it as after to go on, now or later.' })
  nextCursor!: string;

  @Field(() => Boolean, { description: 'Whether there is more by now.' })
  more!: boolean;
}

@ObjectType({ description: 'A segment that was deleted.' })
export class SegmentDeleted {
  @Field(() => ID, { description: 'The id that it had.' })
  id!: string;

  @Field(() => String, { description: 'The name that it had; it is free again.' })
  name!: string;

  @Field(() => Count, { description: 'How many members it had.' })
  members!: number;
}

@ProblemType('There is no segment with this id.')
export class SegmentNotFound extends Problem {}

@ProblemType('The definition asks about cohorts that there are not.')
export class CohortsUnknown extends Problem {
  @Field(() => [ID], { description: 'Their ids.' })
  cohortIds!: string[];
}

@ProblemType(
  'Some of what was asked for is not known any more, or was never noted: take all members anew, and follow from there.',
)
export class ChangesForgotten extends Problem {
  @Field(() => DateTime, { nullable: true, description: 'Since when every entry and exit is known.' })
  changesSince?: Date;
}

export const SegmentResult = createUnionType({
  name: 'SegmentResult',
  description: 'The segment, or why there is none.',
  types: () => [Segment, SegmentNotFound] as const,
  resolveType: kindOf,
});

export const PreviewSegmentResult = createUnionType({
  name: 'PreviewSegmentResult',
  description: 'The preview, or why there is none.',
  types: () => [SegmentPreview, InputInvalid, CohortsUnknown] as const,
  resolveType: kindOf,
});

export const SegmentMembershipResult = createUnionType({
  name: 'SegmentMembershipResult',
  description: 'The answer, or why there is none.',
  types: () => [Membership, SegmentNotFound, InputInvalid] as const,
  resolveType: kindOf,
});

export const SegmentChangesResult = createUnionType({
  name: 'SegmentChangesResult',
  description: 'What happened, or why that cannot be said.',
  types: () => [SegmentChanges, SegmentNotFound, ChangesForgotten] as const,
  resolveType: kindOf,
});

export const CreateSegmentResult = createUnionType({
  name: 'CreateSegmentResult',
  description: 'The new segment, or why there is none.',
  types: () => [Segment, InputInvalid, CohortsUnknown, NameTaken] as const,
  resolveType: kindOf,
});

export const ChangeSegmentResult = createUnionType({
  name: 'ChangeSegmentResult',
  description: 'The changed segment, or why it is as it was.',
  types: () => [Segment, SegmentNotFound, InputInvalid, CohortsUnknown, NameTaken] as const,
  resolveType: kindOf,
});

export const DeleteSegmentResult = createUnionType({
  name: 'DeleteSegmentResult',
  description: 'What was deleted, or why nothing was.',
  types: () => [SegmentDeleted, SegmentNotFound, NotConfirmed] as const,
  resolveType: kindOf,
});

export const CreateSegmentWebhookResult = createUnionType({
  name: 'CreateSegmentWebhookResult',
  description: 'The new webhook with its secret, or why there is none.',
  types: () => [SegmentWebhookSecretShown, SegmentNotFound, InputInvalid] as const,
  resolveType: kindOf,
});
