import type { LedgerQuantity as Quantity } from '@currents/core';
import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { connectionOf } from './base/connection.js';
import { storedEnumOf } from './base/enum.js';
import { Node } from './base/node.js';
import { Count, DateTime, Day } from './base/scalars.js';

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

const LedgerQuantity = storedEnumOf<Quantity>(
  'LedgerQuantity',
  'A number that the hub stores in two places: of one delivery, or of all deliveries of a day.',
  {
    batch_events: 'Events of the delivery, and of its batch.',
    outcomes: 'Events of the delivery, and outcomes for them.',
    unknown_outcome: 'Events whose outcome means nothing.',
    pending: 'Events that are still to be delivered: by their outcomes, and by the counter.',
    selected: 'Events of the day that were selected: by the deliveries, and by the counters of the day.',
    delivered: 'Events of the day that are delivered: by their outcomes, and by the counters of the day.',
    skipped: 'Events of the day that were skipped for one reason: by their outcomes, and by the counters of the day.',
    rejected: 'Rejected events: by their outcomes, and by the dead letters of the delivery or the counters of the day.',
    expired: 'Expired events: by their outcomes, and by the dead letters of the delivery or the counters of the day.',
  },
);

@ObjectType({
  implements: Node,
  description:
    'A difference that the continuous check of the ledgers found: a bug of the hub, or rows that were changed by hand. Up to about 200 of a Current are open at once. Kept for 90 days after it is resolved.',
})
export class StoredLedgerDifference extends Node {
  @Field(() => Day, { description: 'The day in UTC on which the events arrived.' })
  day!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Database key of the delivery, for a bug report, such as "4711"; null when the whole day is concerned.',
  })
  deliveryKey?: string;

  @Field(() => LedgerQuantity, { description: 'What differs, such as PENDING.' })
  quantity!: Quantity;

  @Field(() => String, {
    nullable: true,
    description:
      'The reason of skipped events, such as "no_user", or the number of an unknown outcome; null for other quantities.',
  })
  code?: string;

  @Field(() => Count, { description: 'What the outcomes of the events say, or the batch, such as 25.' })
  expectedCount!: number;

  @Field(() => Count, {
    description: 'What is stored beside them, such as 24. Negative where counters say more than all events.',
  })
  storedCount!: number;

  @Field(() => DateTime, { description: 'When a check first found it.' })
  firstSeenAt!: Date;

  @Field(() => DateTime, { description: 'When a check last found it.' })
  lastSeenAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When a check found it gone, or its day was dropped; null while it lasts.',
  })
  resolvedAt?: Date;
}

export const StoredLedgerDifferenceConnection = connectionOf(StoredLedgerDifference, 'differences');

@InputType({ description: 'Which differences to list. A field that is left out restricts nothing.' })
export class LedgerDifferenceFilter {
  @Field(() => ID, { nullable: true, description: 'Only those of the Current with this id, such as "cur_7".' })
  currentId?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'Only those that are resolved (true), or that last (false).' })
  isResolved?: boolean | null;
}
