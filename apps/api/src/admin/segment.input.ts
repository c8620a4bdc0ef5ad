import { Field, ID, InputType, Int } from 'type-graphql';
import { decodeId } from './base/ids.js';
import { orderInput } from './base/order.js';
import { OneOf } from './base/oneOf.js';

@OneOf()
@InputType({
  description:
    'Which users a segment has: exactly one field. At most 10 levels, 500 parts and 60 cohorts, such as {all: [{includes: "coh_1"}, {excludes: "coh_2"}]}. ' +
    'A definition that also holds for users in no cohort is refused.',
})
export class SegmentDefinitionInput {
  @Field(() => [SegmentDefinitionInput], {
    nullable: true,
    description: 'Users for whom all of these parts hold: at least one.',
  })
  all?: SegmentDefinitionInput[] | null;

  @Field(() => [SegmentDefinitionInput], {
    nullable: true,
    description: 'Users for whom any of these parts holds: at least one.',
  })
  any?: SegmentDefinitionInput[] | null;

  @Field(() => SegmentDefinitionInput, { nullable: true, description: 'Users for whom this part does not hold.' })
  not?: SegmentDefinitionInput | null;

  @Field(() => ID, { nullable: true, description: 'Members of the cohort with this id.' })
  includes?: string | null;

  @Field(() => ID, { nullable: true, description: 'Users who are not members of the cohort with this id.' })
  excludes?: string | null;
}

/** The definition as the core reads it, with the keys of its cohorts. */
export function definitionOf(input: SegmentDefinitionInput, path: string): unknown {
  const { all, any, not, includes, excludes } = input;
  const list = (parts: SegmentDefinitionInput[], form: string): unknown[] =>
    parts.map((part, index) => definitionOf(part, `${path}.${form}.${index}`));
  if (all) return { all: list(all, 'all') };
  if (any) return { any: list(any, 'any') };
  if (not) return { not: definitionOf(not, `${path}.not`) };
  if (includes) return { includes: decodeId('Cohort', includes, `${path}.includes`) };
  return { excludes: decodeId('Cohort', excludes ?? '', `${path}.excludes`) };
}

const ofName = '1 to 100 characters that no other segment has as its name, ignoring case.';

@InputType({ description: 'A segment to create.' })
export class CreateSegmentInput {
  @Field(() => String, { description: ofName })
  name!: string;

  @Field(() => SegmentDefinitionInput, { description: 'Which users it has.' })
  definition!: SegmentDefinitionInput;
}

@InputType({ description: 'What to update in a segment.' })
export class UpdateSegmentInput {
  @Field(() => ID, { description: 'Id of the segment.' })
  id!: string;

  @Field(() => Int, {
    nullable: true,
    description: 'The version that the update is based on; another version is answered with VersionConflict.',
  })
  ifVersion?: number | null;

  @Field(() => String, { nullable: true, description: `${ofName} Absent or null: unchanged.` })
  name?: string | null;

  @Field(() => SegmentDefinitionInput, {
    nullable: true,
    description: 'Which users it has: replaces the whole definition. Absent or null: unchanged.',
  })
  definition?: SegmentDefinitionInput | null;
}

@InputType({ description: 'Which segment to delete.' })
export class DeleteSegmentInput {
  @Field(() => ID, { description: 'Id of the segment.' })
  id!: string;

  @Field(() => Boolean, { defaultValue: true, description: 'True: delete nothing, and answer what would be deleted.' })
  dryRun!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'The segment’s exact name, to confirm. Needed unless dryRun is true.',
  })
  confirmName?: string | null;
}

@InputType({ description: 'Which segments to list. An absent field does not filter.' })
export class SegmentFilter {
  @Field(() => String, { nullable: true, description: 'Only segments with this text in their name, ignoring case.' })
  search?: string | null;

  @Field(() => ID, { nullable: true, description: 'Only segments whose definition uses the cohort with this id.' })
  cohortId?: string | null;
}

@InputType({ description: 'A user alias.' })
export class UserAliasInput {
  @Field(() => String, { description: 'The alias, such as "ana".' })
  name!: string;

  @Field(() => String, { description: 'Its label, such as "crm_id".' })
  label!: string;
}

@OneOf()
@InputType({ description: 'A user, by exactly one id of 1 to 600 characters.' })
export class MemberInput {
  @Field(() => String, { nullable: true, description: 'External id of the user.' })
  externalId?: string | null;

  @Field(() => String, { nullable: true, description: 'Id of a device of the user.' })
  deviceId?: string | null;

  @Field(() => UserAliasInput, { nullable: true, description: 'Alias of the user.' })
  alias?: UserAliasInput | null;
}

export const SegmentOrder = orderInput('SegmentOrder', 'segments', {
  created_at: 'The time of creation.',
  updated_at: 'The time of the last change by an admin.',
  name: 'The name, regardless of case.',
});
