import type { DeadOutcome as Outcome } from '@currents/core';
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { connectionOf } from './base/connection.js';
import { enumOf } from './base/enum.js';
import { Node } from './base/node.js';
import { Count, DateTime, JsonObject } from './base/scalars.js';
import { RequiresRole } from './base/role.js';
import { Current } from './current.type.js';

const DeadLetterOutcome = enumOf<Outcome>('DeadLetterOutcome', 'How an event ended that was not delivered.', {
  rejected: 'The destination refused the event for good.',
  expired: 'The event could not be delivered within the retry window.',
});

@ObjectType({ implements: Node, description: 'An event that a Current could not deliver, with the reason.' })
export class DeadLetter extends Node {
  @Field(() => ID, { description: 'Id of the Current that was to deliver the event.' })
  currentId!: string;

  @Field(() => Current, { description: 'The Current that was to deliver the event.' })
  current!: Current;

  @Field(() => String, {
    nullable: true,
    description: 'The event’s own id, as its sender set it; null when the event is no longer stored or cannot be read.',
  })
  eventId?: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Name of its event type, such as users.messages.email.Open; null when it is no longer stored or cannot be read.',
  })
  eventType?: string;

  @RequiresRole('operator')
  @Field(() => JsonObject, {
    nullable: true,
    description:
      'The whole event as it is stored; null when it cannot be read (batch_unreadable) or its day has passed the retention period in this moment.',
  })
  event?: Readonly<Record<string, unknown>>;

  @Field(() => DeadLetterOutcome, { description: 'How the event ended.' })
  outcome!: Outcome;

  @Field(() => String, { description: 'The reason as a code, such as invalid: see Destination.reasons.' })
  code!: string;

  @Field(() => String, { description: 'The reason in a sentence for people.' })
  detail!: string;

  @Field(() => Int, { description: 'Number of attempts that were made to deliver the event.' })
  attemptCount!: number;

  @Field(() => DateTime, { description: 'When the event ended.' })
  recordedAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When the event was replayed; null when it was not.' })
  replayedAt?: Date;
}

export const DeadLetterConnection = connectionOf(DeadLetter, 'dead letters');

@ObjectType({ description: 'How many dead letters share an outcome and a reason.' })
export class DeadLetterCount {
  @Field(() => DeadLetterOutcome, { description: 'How the events ended.' })
  outcome!: Outcome;

  @Field(() => String, { description: 'The reason as a code, such as invalid: see Destination.reasons.' })
  code!: string;

  @Field(() => Count, { description: 'Number of dead letters.' })
  eventCount!: number;

  @Field(() => Count, { description: 'Number of these that were replayed.' })
  replayedCount!: number;
}

@InputType({ description: 'Which dead letters of a Current to replay. A field that is left out restricts nothing.' })
export class ReplayFilter {
  @Field(() => DeadLetterOutcome, { nullable: true, description: 'Only events that ended in this way.' })
  outcome?: Outcome | null;

  @Field(() => String, { nullable: true, description: 'Only events with this reason, such as invalid.' })
  code?: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Only events that ended at this time or later.' })
  from?: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'Only events that ended before this time.' })
  to?: Date | null;
}

@InputType({ description: 'Which dead letters to list or count. A field that is left out restricts nothing.' })
export class DeadLetterFilter extends ReplayFilter {
  @Field(() => ID, { nullable: true, description: 'Only dead letters of the Current with this id.' })
  currentId?: string | null;

  @Field(() => Boolean, { nullable: true, description: 'True: only replayed ones. False: only the others.' })
  isReplayed?: boolean | null;
}

@InputType({ description: 'Which dead letters to replay.' })
export class ReplayDeadLettersInput {
  @Field(() => ID, { description: 'Id of the Current.' })
  currentId!: string;

  @Field(() => ReplayFilter, {
    nullable: true,
    description: 'Which of its dead letters; by default all that were not replayed yet.',
  })
  filter?: ReplayFilter | null;

  @Field(() => Boolean, {
    defaultValue: true,
    description: 'True, the default: only count what would be replayed. False: replay it.',
  })
  dryRun!: boolean;
}

@ObjectType({ description: 'What a replay did, or would do if it was a dry run.' })
export class ReplayResult {
  @Field(() => Count, { description: 'Number of events that are replayed, or would be.' })
  eventCount!: number;

  @Field(() => Count, { description: 'Number of deliveries created for them; 0 in a dry run.' })
  deliveryCount!: number;
}
