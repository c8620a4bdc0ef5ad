import type { SegmentChange as CoreChange } from '@currents/core';
import { Field, Int, ObjectType } from 'type-graphql';
import { connectionOf } from './base/connection.js';
import { enumOf } from './base/enum.js';
import { Node } from './base/node.js';
import { Problem, ProblemType, resultUnion } from './base/problem.js';
import { Count, DateTime } from './base/scalars.js';
import { RequiresRole } from './base/role.js';
import { MemberCounts } from './cohort.type.js';
import { InputInvalid, NameTaken, NotConfirmed, VersionConflict } from './problem.type.js';
import { costs } from './costs.js';

@ObjectType({ description: 'A user alias.' })
export class UserAlias {
  @Field(() => String, { description: 'The alias, such as "ana".' })
  name!: string;

  @Field(() => String, { description: 'Its label, such as "crm_id".' })
  label!: string;
}

@ObjectType({ description: 'A user, by the one id that the partner sent: exactly one field is not null.' })
export class Member {
  @Field(() => String, { nullable: true, description: 'External id of the user.' })
  externalId?: string;

  @Field(() => String, { nullable: true, description: 'Id of a device of the user.' })
  deviceId?: string;

  @Field(() => UserAlias, { nullable: true, description: 'Alias of the user.' })
  alias?: UserAlias;
}

export const MemberConnection = connectionOf(Member, 'members');

@ObjectType({ description: 'Which users a segment has: exactly one field is not null.' })
export class SegmentDefinition {
  @Field(() => [SegmentDefinition], {
    nullable: true,
    description: 'Users for whom all of these parts hold.',
    complexity: costs.items,
  })
  all?: SegmentDefinition[];

  @Field(() => [SegmentDefinition], {
    nullable: true,
    description: 'Users for whom any of these parts holds.',
    complexity: costs.items,
  })
  any?: SegmentDefinition[];

  @Field(() => SegmentDefinition, { nullable: true, description: 'Users for whom this part does not hold.' })
  not?: SegmentDefinition;
}

type PartForm = 'all' | 'any' | 'not' | 'includes' | 'excludes';

const SegmentPartForm = enumOf<PartForm>('SegmentPartForm', 'What a part of a definition says of users.', {
  all: 'All of the parts below it hold.',
  any: 'Any of the parts below it holds.',
  not: 'The part below it does not hold.',
  includes: 'They are members of its cohort.',
  excludes: 'They are not members of its cohort.',
});

@ObjectType({ description: 'A part of a definition. The parts of a higher level that follow it are below it.' })
export class SegmentDefinitionPart {
  @Field(() => Int, { description: 'How deep it is, from 1 for the definition as a whole to 10.' })
  level!: number;

  @Field(() => SegmentPartForm, {
    description: 'What it says of users: which of the parts below it have to hold, or which cohort they belong to.',
  })
  form!: PartForm;

  /** Database key. */
  cohortId?: string;
}

@ObjectType({
  implements: Node,
  description: 'An audience that is defined over cohorts. Workers evaluate its members within seconds of a change.',
})
export class Segment extends Node {
  @Field(() => String, { description: 'Name of the segment, unique ignoring case.' })
  name!: string;

  @Field(() => SegmentDefinition, { description: 'Which users it has.', complexity: costs.definition })
  definition!: SegmentDefinition;

  @Field(() => Count, {
    nullable: true,
    description: 'Number of members, as of the last evaluation. Null before the first.',
  })
  memberCount?: number;

  @Field(() => MemberCounts, {
    nullable: true,
    description: 'Number of members by the type of their ids. Null before the first evaluation.',
  })
  memberCounts?: MemberCounts;

  @Field(() => DateTime, { nullable: true, description: 'When it was last evaluated. Null before the first time.' })
  evaluatedAt?: Date;

  @Field(() => Int, {
    nullable: true,
    description: 'How long the last evaluation took, in milliseconds. Null before the first.',
  })
  evaluationMs?: number;

  @Field(() => Boolean, { description: 'Whether its cohorts or its definition have changed since.' })
  isEvaluationDue!: boolean;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Every change since then can be read with segmentChanges. Null before the first evaluation.',
  })
  changesCompleteSince?: Date;

  @Field(() => String, {
    description: 'Cursor of its last change: pass it as after to segmentChanges to follow what changes from now on.',
  })
  changesCursor!: string;

  @Field(() => Int, {
    description: 'Rises with every updateSegment. Pass it as ifVersion to detect concurrent updates.',
  })
  version!: number;

  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: Date;

  @Field(() => DateTime, { description: 'When an admin last updated it.' })
  updatedAt!: Date;
}

export const SegmentConnection = connectionOf(Segment, 'segments');

@ObjectType({ description: 'The members that a segment with a given definition would have now.' })
export class SegmentPreview {
  @Field(() => Count, { description: 'Number of members.' })
  memberCount!: number;

  @Field(() => MemberCounts, { description: 'Number of members by the type of their ids.' })
  memberCounts!: MemberCounts;

  @RequiresRole('operator')
  @Field(() => [Member], { description: 'Up to 20 of the members.' })
  examples!: Member[];
}

@ObjectType({ description: 'Whether a user is a member of a segment, as of its last evaluation.' })
export class Membership {
  @Field(() => Boolean, { description: 'Whether the user is a member.' })
  isMember!: boolean;

  @Field(() => DateTime, { description: 'When the segment was last evaluated.' })
  evaluatedAt!: Date;
}

export const SegmentChangeType = enumOf<CoreChange['type']>('SegmentChangeType', 'How a segment changed.', {
  entered: 'The member was added to the segment.',
  left: 'The member was removed from the segment.',
});

@ObjectType({ description: 'A member entered a segment or left it.' })
export class SegmentChange {
  @Field(() => DateTime, { description: 'When the change was recorded.' })
  at!: Date;

  @Field(() => SegmentChangeType, { description: 'Whether the member entered or left.' })
  type!: CoreChange['type'];

  @Field(() => Member, { description: 'The member that entered or left.' })
  member!: Member;
}

export const SegmentChangeConnection = connectionOf(SegmentChange, 'changes');

@ObjectType({ description: 'The new segment.' })
export class CreateSegmentPayload {
  @Field(() => Segment, { description: 'The segment, which has members once it is evaluated.' })
  segment!: Segment;
}

@ObjectType({ description: 'The updated segment.' })
export class UpdateSegmentPayload {
  @Field(() => Segment, { description: 'The segment after the update.' })
  segment!: Segment;
}

@ObjectType({ description: 'The deleted segment.' })
export class DeleteSegmentPayload {
  @Field(() => Segment, { description: 'The segment as it was.' })
  segment!: Segment;

  @Field(() => Int, { description: 'Number of its webhooks, which are deleted with it.' })
  webhookCount!: number;

  @Field(() => Int, {
    description: 'Number of its syncs, which are deleted with it. What their destinations hold stays there.',
  })
  syncCount!: number;

  @Field(() => Boolean, { description: 'True if nothing was deleted, because dryRun was true.' })
  isDryRun!: boolean;
}

@ProblemType('No segment has this id, or it is deleted.')
export class SegmentNotFound extends Problem {}

@ProblemType(
  'The segment is new, and its members have not been computed yet.',
  'Repeat the query in a moment: workers evaluate a new segment within seconds.',
)
export class SegmentNotEvaluated extends Problem {}

@ProblemType(
  'Some of the requested changes are deleted, or the segment is not evaluated yet.',
  'Export all members again, and follow from the cursor that the export returns.',
)
export class ChangesExpired extends Problem {
  @Field(() => DateTime, {
    nullable: true,
    description: 'Every change since then can be read. Null before the first evaluation.',
  })
  changesCompleteSince?: Date;
}

export const SegmentResult = resultUnion('SegmentResult', 'The segment, or a problem.', () => [
  Segment,
  SegmentNotFound,
]);

export const PreviewSegmentResult = resultUnion('PreviewSegmentResult', 'The preview, or a problem.', () => [
  SegmentPreview,
  InputInvalid,
]);

export const SegmentMembershipResult = resultUnion('SegmentMembershipResult', 'The membership, or a problem.', () => [
  Membership,
  SegmentNotFound,
  SegmentNotEvaluated,
  InputInvalid,
]);

export const SegmentChangesResult = resultUnion('SegmentChangesResult', 'A page of changes, or a problem.', () => [
  SegmentChangeConnection,
  SegmentNotFound,
  ChangesExpired,
]);

export const CreateSegmentResult = resultUnion('CreateSegmentResult', 'The new segment, or a problem.', () => [
  CreateSegmentPayload,
  InputInvalid,
  NameTaken,
]);

export const UpdateSegmentResult = resultUnion('UpdateSegmentResult', 'The updated segment, or a problem.', () => [
  UpdateSegmentPayload,
  SegmentNotFound,
  InputInvalid,
  NameTaken,
  VersionConflict,
]);

export const DeleteSegmentResult = resultUnion('DeleteSegmentResult', 'The deleted segment, or a problem.', () => [
  DeleteSegmentPayload,
  SegmentNotFound,
  NotConfirmed,
]);
