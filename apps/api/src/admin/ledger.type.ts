import { createUnionType, Field, ID, ObjectType } from 'type-graphql';
import { kindOf } from './base/kind.js';
import { CurrentNotFound } from './problem.type.js';
import { Count } from './base/scalars.js';

@ObjectType({ description: 'Something that is counted in two places, and not the same in both: a fault of the hub.' })
export class Difference {
  @Field(() => String, { description: 'The day in UTC that it is about.' })
  day!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'The delivery that it is about; null when it is about the whole day.',
  })
  deliveryId?: string;

  @Field(() => String, { description: 'What is not the same, in a sentence.' })
  message!: string;
}

@ObjectType({ description: 'What a recount found. Without differences, every event is where the counts say.' })
export class LedgerChecked {
  @Field(() => Count, { description: 'Deliveries that were recounted.' })
  deliveries!: number;

  @Field(() => Count, { description: 'Events in them.' })
  events!: number;

  @Field(() => [Difference], { description: 'What does not agree; 200 at most.' })
  differences!: Difference[];

  @Field(() => Boolean, { description: 'Whether there are more differences.' })
  more!: boolean;
}

export const LedgerResult = createUnionType({
  name: 'LedgerResult',
  description: 'What a recount found, or that there is no such Current.',
  types: () => [LedgerChecked, CurrentNotFound] as const,
  resolveType: kindOf,
});
