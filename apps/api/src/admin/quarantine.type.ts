import { createUnionType, Field, ID, InputType, ObjectType } from 'type-graphql';
import { kindOf } from './base/kind.js';
import { Count, DateTime } from './base/scalars.js';

@ObjectType({ description: 'An event that the catalogue refused, as it came.' })
export class QuarantinedEvent {
  @Field(() => ID, { description: 'Never changes.' })
  id!: string;

  @Field(() => DateTime, { description: 'When it came.' })
  storedAt!: Date;

  @Field(() => ID, { description: 'The ingest token that it came with.' })
  tokenId!: string;

  @Field(() => Count, { description: 'Its place in the request, from 0.' })
  position!: number;

  @Field(() => String, { description: 'Why it was refused, for machines.' })
  code!: string;

  @Field(() => String, { description: 'Why it was refused, in a sentence.' })
  detail!: string;

  @Field(() => String, { description: 'Its text; of a line that is not JSON, the line.' })
  body!: string;

  @Field(() => DateTime, { nullable: true, description: 'When it was released.' })
  releasedAt?: Date;
}

@ObjectType({ description: 'Some quarantined events, the newest first.' })
export class QuarantinePage {
  @Field(() => [QuarantinedEvent], { description: 'The events of this page.' })
  nodes!: QuarantinedEvent[];

  @Field(() => String, { nullable: true, description: 'Give it as after to get the next page; null on the last one.' })
  nextCursor?: string;
}

@ObjectType({ description: 'How many quarantined events have one code.' })
export class QuarantineCount {
  @Field(() => String, { description: 'Why they were refused, for machines.' })
  code!: string;

  @Field(() => Count, { description: 'How many events.' })
  events!: number;

  @Field(() => Count, { description: 'Of these, how many were released.' })
  released!: number;
}

@InputType({ description: 'Which quarantined events. What is left out restricts nothing.' })
export class QuarantineFilter {
  @Field(() => [ID], { nullable: true, description: 'These.' })
  ids?: string[] | null;

  @Field(() => String, { nullable: true, description: 'Refused for this reason.' })
  code?: string | null;

  @Field(() => DateTime, { nullable: true, description: 'That came then or later.' })
  from?: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'That came earlier than that.' })
  to?: Date | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'true: only released ones; false: only the others. A release leaves it aside.',
  })
  released?: boolean | null;
}

@ObjectType({ description: 'Events that the present catalogue refuses for one reason.' })
export class StillRefused {
  @Field(() => String, { description: 'Why, for machines.' })
  code!: string;

  @Field(() => String, { description: 'Why the first of them is refused, in a sentence.' })
  detail!: string;

  @Field(() => Count, { description: 'How many events.' })
  events!: number;
}

@ObjectType({ description: 'What a release would do. Nothing is done yet.' })
export class ReleasePlanned {
  @Field(() => Count, { description: 'Events that the catalogue takes now.' })
  events!: number;

  @Field(() => [StillRefused], { description: 'Events that it refuses still.' })
  stillRefused!: StillRefused[];
}

@ObjectType({
  description: 'Events were released: they are stored, and on their way through every Current that takes them.',
})
export class Released {
  @Field(() => Count, { description: 'Events that were released.' })
  events!: number;

  @Field(() => [StillRefused], { description: 'Events that the catalogue refuses still; they stay in quarantine.' })
  stillRefused!: StillRefused[];
}

export const ReleaseResult = createUnionType({
  name: 'ReleaseResult',
  description: 'What a release would do, or has done.',
  types: () => [ReleasePlanned, Released] as const,
  resolveType: kindOf,
});
