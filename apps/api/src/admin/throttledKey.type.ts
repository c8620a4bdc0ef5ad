import { Field, ObjectType } from 'type-graphql';
import { connectionOf } from './base/connection.js';
import { Count, DateTime } from './base/scalars.js';
import { ReasonCount } from './current.type.js';

@ObjectType({
  description: 'A key, such as a device, whose events wait for their turn while those of other keys flow.',
})
export class ThrottledKey {
  @Field(() => String, { description: 'What the destination counts by, such as user or device.' })
  budget!: string;

  @Field(() => String, { description: 'The id of the user or device, as the destination knows it.' })
  key!: string;

  @Field(() => Count, { description: 'Number of its events that wait.' })
  eventCount!: number;

  @Field(() => [ReasonCount], {
    description:
      'Why they wait: over_budget, because the hub keeps to the destination’s limit per key; or a code that the destination answered, such as daily_quota.',
  })
  reasons!: ReasonCount[];

  @Field(() => DateTime, { description: 'Since when the longest waiting of these events waits.' })
  waitingSince!: Date;

  @Field(() => DateTime, { description: 'When the first of them is due; in the past while it is being tried.' })
  firstDueAt!: Date;

  @Field(() => DateTime, { description: 'When the last of them is due, as things stand.' })
  lastDueAt!: Date;
}

export const ThrottledKeyConnection = connectionOf(ThrottledKey, 'throttled keys');
