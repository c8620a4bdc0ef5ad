import { Field, InputType } from 'type-graphql';

@InputType({ description: 'Which cohorts to list. What is left out restricts nothing.' })
export class CohortFilter {
  @Field(() => String, { nullable: true, description: 'Of this partner.' })
  partner?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'With this in the name as it is shown or in the partner’s id, in upper or lower case.',
  })
  text?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Whether to list deleted ones, and only these.' })
  deleted?: boolean | null;
}
