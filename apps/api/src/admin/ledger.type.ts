import { Field, ObjectType } from 'type-graphql';
import { Count, Day } from './base/scalars.js';

@ObjectType({
  description: 'A number that the hub stores in two places and that differs between them: a bug of the hub.',
})
export class LedgerDifference {
  @Field(() => Day, { description: 'The day in UTC on which the events arrived.' })
  day!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Database key of the delivery, for a bug report; null when the whole day is concerned.',
  })
  deliveryKey?: string;

  @Field(() => String, { description: 'Which numbers differ, in a sentence for people.' })
  message!: string;
}

@ObjectType({ description: 'The result of recounting the events of a Current.' })
export class LedgerCheck {
  @Field(() => Boolean, { description: 'Whether every event is where the counts say: there are no differences.' })
  isBalanced!: boolean;

  @Field(() => Count, { description: 'Number of deliveries that were recounted.' })
  deliveryCount!: number;

  @Field(() => Count, { description: 'Number of events in these deliveries.' })
  eventCount!: number;

  @Field(() => [LedgerDifference], { description: 'What differs, at most 200 differences.' })
  differences!: LedgerDifference[];

  @Field(() => Boolean, { description: 'Whether there are more differences than are listed.' })
  hasMoreDifferences!: boolean;
}
