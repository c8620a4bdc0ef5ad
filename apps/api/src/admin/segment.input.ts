import { Field, InputType } from 'type-graphql';
import { JsonObject } from './base/scalars.js';

export const ofDefinition =
  'Who is in it: {"includes": "12"} or {"excludes": "12"}, by the id of a cohort, {"all": […]} or {"any": […]} of such parts, or {"not": …} of one; nested up to ten levels.';

@InputType({ description: 'A new segment.' })
export class CreateSegmentInput {
  @Field(() => String, { description: '1 to 100 characters that no other segment has as its name.' })
  name!: string;

  @Field(() => JsonObject, { description: ofDefinition })
  definition!: Readonly<Record<string, unknown>>;
}

@InputType({
  description: 'What to change. What is left out stays; what is given replaces the whole of what was there.',
})
export class ChangeSegmentInput {
  @Field(() => String, { nullable: true, description: '1 to 100 characters that no other segment has as its name.' })
  name?: string | null;

  @Field(() => JsonObject, { nullable: true, description: ofDefinition })
  definition?: Readonly<Record<string, unknown>> | null;
}

@InputType({ description: 'Which segments to list. What is left out restricts nothing.' })
export class SegmentFilter {
  @Field(() => String, { nullable: true, description: 'With this in their name, in upper or lower case.' })
  text?: string | null;

  @Field(() => String, { nullable: true, description: 'Made of the cohort with this id.' })
  cohortId?: string | null;
}

@InputType({ description: 'A user alias.' })
export class AliasInput {
  @Field(() => String, { description: 'The alias itself.' })
  name!: string;

  @Field(() => String, { description: 'Of which kind it is.' })
  label!: string;
}

@InputType({ description: 'A user, by exactly one id.' })
export class MemberInput {
  @Field(() => String, { nullable: true, description: 'By an external id.' })
  externalId?: string | null;

  @Field(() => String, { nullable: true, description: 'By a device id.' })
  deviceId?: string | null;

  @Field(() => AliasInput, { nullable: true, description: 'By an alias.' })
  alias?: AliasInput | null;
}
