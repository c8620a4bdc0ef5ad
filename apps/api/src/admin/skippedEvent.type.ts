import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { connectionOf } from './base/connection.js';
import { Node } from './base/node.js';
import { DateTime } from './base/scalars.js';
import { Current } from './current.type.js';
import { DestinationReason } from './destination.type.js';

@ObjectType({ implements: Node, description: 'An event that a Current did not send, by a rule, with the reason.' })
export class SkippedEvent extends Node {
  @Field(() => ID, { description: 'Id of the Current that skipped the event.' })
  currentId!: string;

  @Field(() => Current, { description: 'The Current that skipped the event.' })
  current!: Current;

  @Field(() => String, {
    nullable: true,
    description:
      'The event’s own id, as its sender set it; null when the event cannot be read or the data of its user was deleted.',
  })
  eventId?: string;

  @Field(() => String, {
    nullable: true,
    description: 'Name of its event type, such as users.messages.email.Open; null when the event cannot be read.',
  })
  eventType?: string;

  @Field(() => DestinationReason, { description: 'Why the event was skipped, such as no_user.' })
  reason!: DestinationReason;

  @Field(() => DateTime, { description: 'When the hub stored the event; a replay keeps that time.' })
  storedAt!: Date;
}

export const SkippedEventConnection = connectionOf(SkippedEvent, 'skipped events');

@InputType({ description: 'Which skipped events to list. A field that is left out restricts nothing.' })
export class SkippedEventFilter {
  @Field(() => ID, { description: 'Id of the Current that skipped them, such as "cur_7".' })
  currentId!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Only events that were skipped with this code, such as no_user: see Current.counts.skippedReasons.',
  })
  reason?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Only events of this type, such as users.messages.email.Open. The type is read from each event, so pages may be short.',
  })
  eventType?: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Only events that were stored at this time or later.' })
  from?: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'Only events that were stored before this time.' })
  to?: Date | null;
}
