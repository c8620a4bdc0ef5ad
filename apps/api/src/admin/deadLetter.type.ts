import type { DeadLetterVerdict as Verdict, DeadOutcome as Outcome } from '@currents/core';
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { connectionOf } from './base/connection.js';
import { enumOf, storedEnumOf } from './base/enum.js';
import { Node } from './base/node.js';
import { Count, DateTime, JsonObject } from './base/scalars.js';
import { RequiresRole } from './base/role.js';
import { costs } from './costs.js';
import { Current } from './current.type.js';
import { AdminToken } from './token.type.js';

const DeadLetterOutcome = storedEnumOf<Outcome>('DeadLetterOutcome', 'How an event ended that was not delivered.', {
  rejected: 'The destination refused the event for good.',
  expired: 'The event could not be delivered within the retry window.',
});

const DeadLetterVerdict = enumOf<Verdict>('DeadLetterVerdict', 'Whether a replay of an event can succeed.', {
  permanent:
    'The reason is in the event itself: with the present settings it would end the same. Correct it at its source, change the settings, or discard it.',
  uncertain:
    'The destination refused the event for a reason of its own; only the destination knows whether it would again.',
  retryable: 'The reason was not in the event: once it is removed, a replay can succeed.',
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
      'The event as the present field rules of the Current leave it, without them the whole event as it is stored; null when it cannot be read (batch_unreadable) or its day has passed the retention period in this moment.',
  })
  event?: Readonly<Record<string, unknown>>;

  @Field(() => DeadLetterOutcome, { description: 'How the event ended.' })
  outcome!: Outcome;

  @Field(() => String, { description: 'The reason as a code, such as invalid: see Destination.reasons.' })
  code!: string;

  @Field(() => String, {
    description:
      'The reason in a sentence for people, of up to about 500 characters: what the destination answered last, such as "HTTP 400: …", without secrets and values of the event; or why the connector refused it.',
  })
  detail!: string;

  @Field(() => Int, { description: 'Number of attempts that were made to deliver the event.' })
  attemptCount!: number;

  @Field(() => DeadLetterVerdict, {
    description: 'Whether a replay can succeed, such as PERMANENT, by the outcome and the code.',
  })
  verdict!: Verdict;

  @Field(() => DateTime, { description: 'When the event ended.' })
  recordedAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When the event was replayed; null when it was not.' })
  replayedAt?: Date;

  @Field(() => DateTime, { nullable: true, description: 'When the event was discarded; null when it is not.' })
  discardedAt?: Date;

  @Field(() => String, {
    nullable: true,
    description: 'Why the event was discarded, as the admin said; null when it is not.',
  })
  discardReason?: string;

  @Field(() => AdminToken, {
    nullable: true,
    description:
      'The admin token that the event was discarded with; null when it is not, or the token no longer exists.',
  })
  discardedBy?: AdminToken;
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

  @Field(() => Count, { description: 'Number of these that are discarded and were not replayed.' })
  discardedCount!: number;
}

@ObjectType({ description: 'Dead letters of a Current that share an outcome, a reason and an event type.' })
export class DeadLetterGroup extends DeadLetterCount {
  @Field(() => String, {
    nullable: true,
    description:
      'Name of the event type, such as users.messages.email.Open; null for events that cannot be read, and for about a second for new ones.',
  })
  eventType?: string;

  @Field(() => DateTime, { description: 'When the first of them ended.' })
  firstAt!: Date;

  @Field(() => DateTime, { description: 'When the last of them ended.' })
  lastAt!: Date;

  @Field(() => DeadLetterVerdict, { description: 'Whether a replay of them can succeed, such as RETRYABLE.' })
  verdict!: Verdict;

  @Field(() => DeadLetter, {
    nullable: true,
    description: 'One of the newest of them; null if its day has just passed the retention period.',
    complexity: costs.read,
  })
  example?: DeadLetter;
}

@InputType({ description: 'Which dead letters of a Current to act on. A field that is left out restricts nothing.' })
export class ReplayFilter {
  @Field(() => [ID], { nullable: true, description: 'Only the dead letters with these ids, up to 1,000.' })
  ids?: string[] | null;

  @Field(() => DeadLetterOutcome, { nullable: true, description: 'Only events that ended in this way.' })
  outcome?: Outcome | null;

  @Field(() => String, { nullable: true, description: 'Only events with this reason, such as invalid.' })
  code?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Only events of this type, such as users.messages.email.Open. Lists and counts know the types of new dead letters after about a second; what acts on them reads the types first.',
  })
  eventType?: string | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'Only events with one of these ids, up to 10, as their sender set them. With this, users or ingestTokenId, up to 1,000 dead letters may match, and little may have to be read: restrict the filter further if it is refused.',
  })
  eventIds?: readonly string[] | null;

  @RequiresRole('operator')
  @Field(() => [String], {
    nullable: true,
    description:
      'Only events of users with one of these ids, up to 10, as external user id, device id or user id, such as ["customer-42"]. They are stored nowhere: what acts on dead letters names these by their own ids.',
  })
  users?: readonly string[] | null;

  @Field(() => ID, {
    nullable: true,
    description:
      'Only events that were sent with this ingest token, such as "tok_3". Of events from before the upgrade to the release that records it, the token is not known.',
  })
  ingestTokenId?: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Only events that ended at this time or later.' })
  from?: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'Only events that ended before this time.' })
  to?: Date | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'True: only discarded ones. False: only the others. By default a replay sends only the others; discarding and restoring ignore it.',
  })
  isDiscarded?: boolean | null;
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
    description: 'Which of its dead letters; by default all that were neither replayed nor discarded.',
  })
  filter?: ReplayFilter | null;

  @Field(() => Boolean, {
    defaultValue: true,
    description: 'True, the default: only count what would be replayed. False: replay it.',
  })
  dryRun!: boolean;
}

@InputType({ description: 'Which dead letters to discard, and why.' })
export class DiscardDeadLettersInput {
  @Field(() => ID, { description: 'Id of the Current.' })
  currentId!: string;

  @Field(() => ReplayFilter, {
    nullable: true,
    description: 'Which of its dead letters; by default all that were neither replayed nor discarded.',
  })
  filter?: ReplayFilter | null;

  @Field(() => String, {
    description:
      'Why, in 1 to 300 characters, such as "test events of 2026-01-31". Name no user: it is kept in the audit log.',
  })
  reason!: string;

  @Field(() => Boolean, {
    defaultValue: true,
    description: 'True, the default: only count what would be discarded. False: discard it.',
  })
  dryRun!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'The present name of the Current, to confirm it; not needed for a dry run.',
  })
  confirmName?: string | null;
}

@InputType({ description: 'Which discarded dead letters to restore.' })
export class RestoreDeadLettersInput {
  @Field(() => ID, { description: 'Id of the Current.' })
  currentId!: string;

  @Field(() => ReplayFilter, { nullable: true, description: 'Which of its discarded dead letters; by default all.' })
  filter?: ReplayFilter | null;

  @Field(() => Boolean, {
    defaultValue: true,
    description: 'True, the default: only count what would be restored. False: restore it.',
  })
  dryRun!: boolean;
}

@ObjectType({ description: 'What a replay did, or would do if it was a dry run.' })
export class ReplayResult {
  @Field(() => Count, { description: 'Number of events that are replayed, or would be.' })
  eventCount!: number;

  @Field(() => Count, { description: 'Number of deliveries created for them; 0 in a dry run.' })
  deliveryCount!: number;

  @Field(() => Count, {
    description: 'Number of events whose verdict was PERMANENT when it began: they are sent in vain.',
  })
  permanentCount!: number;
}

@ObjectType({ description: 'What discarding did, or would do if it was a dry run.' })
export class DiscardResult {
  @Field(() => Count, { description: 'Number of events that are discarded, or would be.' })
  eventCount!: number;
}

@ObjectType({ description: 'What restoring did, or would do if it was a dry run.' })
export class RestoreResult {
  @Field(() => Count, { description: 'Number of events that are restored, or would be.' })
  eventCount!: number;
}
