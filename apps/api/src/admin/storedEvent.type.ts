import type { DeliveryStatus as Status, WaitReason as Reason } from '@currents/core';
import { Field, InputType, Int, ObjectType } from 'type-graphql';
import { connectionOf } from './base/connection.js';
import { enumOf } from './base/enum.js';
import { Problem, ProblemType, resultUnion } from './base/problem.js';
import { RequiresRole } from './base/role.js';
import { Count, DateTime, Day, JsonObject } from './base/scalars.js';
import { costs } from './costs.js';
import { Current } from './current.type.js';
import { DeadLetter } from './deadLetter.type.js';
import { Job } from './job.type.js';
import { QuarantinedEvent } from './quarantine.type.js';
import { IngestToken } from './token.type.js';

const EventDeliveryStatus = enumOf<Status>(
  'EventDeliveryStatus',
  'What has become of an event on its way to a Current.',
  {
    pending: 'It waits, or is being sent: wait says for what.',
    delivered: 'The destination has accepted it.',
    skipped: 'The destination has no use for it, so it was not sent: code says why.',
    rejected: 'The destination refused it for good, so it is a dead letter: code and detail say why.',
    expired: 'It could not be delivered within the retry window, so it is a dead letter: code and detail say why.',
  },
);

const EventWaitReason = enumOf<Reason>('EventWaitReason', 'What a pending event waits for.', {
  paused: 'An admin has paused the Current.',
  blocked: 'The Current is blocked until it is repaired.',
  current_deferred: 'The whole Current waits, such as for a partner that is down.',
  key_throttled: 'A key of the event, such as its device, is over its rate limit.',
  event_deferred: 'The event itself waits for its next attempt.',
  in_flight: 'An attempt is under way.',
  due: 'Nothing but its turn, after the events before it.',
});

@ObjectType({ description: 'What a pending event waits for.' })
export class EventWait {
  @Field(() => EventWaitReason, { description: 'What it waits for, such as BLOCKED.' })
  reason!: Reason;

  @Field(() => String, {
    nullable: true,
    description: 'The cause as a code, such as credentials_refused; null where the reason says all.',
  })
  code?: string;

  @Field(() => String, { nullable: true, description: 'The cause in a sentence for people; null where code is.' })
  detail?: string;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When the next attempt is due, of a blocked Current the next probe; null when that is not known, or is now.',
  })
  until?: Date;
}

@ObjectType({
  description: 'What has become of one event in one delivery: to a Current that selected it, or a replay.',
})
export class EventDelivery {
  @Field(() => Current, { description: 'The Current that is to deliver the event.', complexity: costs.read })
  current!: Current;

  @Field(() => EventDeliveryStatus, { description: 'What has become of the event, such as DELIVERED.' })
  status!: Status;

  @Field(() => String, {
    nullable: true,
    description:
      'Why it was skipped, rejected or expired, as a code such as no_user: see Destination.reasons. Null for other states.',
  })
  code?: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Why it was rejected or expired, in a sentence for people, with what the partner said; otherwise null.',
  })
  detail?: string;

  @Field(() => EventWait, { nullable: true, description: 'What it waits for; null when it is not pending.' })
  wait?: EventWait;

  @Field(() => Int, {
    description:
      'Attempts so far: of a dead letter its own, otherwise those of its whole delivery, in which the event may have had fewer.',
  })
  attemptCount!: number;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When the first attempt of the delivery was recorded; null before, and for attempts that a release without this field recorded.',
  })
  firstAttemptAt?: Date;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When the last attempt of the delivery was recorded; of a dead letter, when it ended. A delivered event was delivered then or earlier, and exactly then when firstAttemptAt is the same. Null as firstAttemptAt is.',
  })
  lastAttemptAt?: Date;

  @Field(() => Boolean, { description: 'Whether it is sent again, or after a launch from an earlier time.' })
  isReplay!: boolean;

  @Field(() => Job, {
    nullable: true,
    description:
      'The job that sends it, when that replays events by their time; null for replays of dead letters, and for what is no replay.',
    complexity: costs.read,
  })
  replayJob?: Job;

  @Field(() => DeadLetter, {
    nullable: true,
    description: 'The dead letter that it has become, which says whether it was replayed; null for other states.',
    complexity: costs.read,
  })
  deadLetter?: DeadLetter;
}

@ObjectType({ description: 'An event that the hub has stored, with all that has become of it.' })
export class StoredEvent {
  @Field(() => DateTime, { description: 'When the event arrived.' })
  storedAt!: Date;

  @RequiresRole('operator')
  @Field(() => JsonObject, {
    nullable: true,
    description:
      'The event as it is stored, whatever field rules take out of it for a Current; null when it is quarantined: see quarantinedEvent.body.',
  })
  event?: Readonly<Record<string, unknown>>;

  @Field(() => IngestToken, {
    nullable: true,
    description:
      'The ingest token that it was sent with; null when it no longer exists, or a release without this field has stored the event.',
    complexity: costs.read,
  })
  ingestToken?: IngestToken;

  @Field(() => Count, {
    nullable: true,
    description:
      'Its position among the accepted events of its request, counted from 0; null when it is quarantined, or a release without this field has stored it.',
  })
  requestPosition?: number;

  @Field(() => QuarantinedEvent, {
    nullable: true,
    description:
      'The event in the quarantine, with the reason, and whether it was released; null when it was accepted. A released event is stored once more, as accepted.',
    complexity: costs.read,
  })
  quarantinedEvent?: QuarantinedEvent;

  @Field(() => [EventDelivery], {
    description:
      'What has become of it at each Current that selected it, the oldest first, each replay being one more.',
    complexity: costs.list(5),
  })
  deliveries!: EventDelivery[];

  @Field(() => [Current], {
    description:
      'Launched Currents without a delivery of it: their selection left it out, or they were not live when it arrived. Those that were created later are not named; at most 100, by their ids.',
    complexity: costs.list(20),
  })
  unselectedCurrents!: Current[];
}

export const StoredEventConnection = connectionOf(StoredEvent, 'stored events', { isCounted: false });

@InputType({ description: 'Which events to find. Exactly one id has to be given.' })
export class StoredEventFilter {
  @Field(() => String, { nullable: true, description: 'Events with this id of their own, as their sender set it.' })
  eventId?: string | null;

  @Field(() => String, { nullable: true, description: 'Events of the user with this external id.' })
  externalUserId?: string | null;

  @Field(() => String, { nullable: true, description: 'Events of the user with this id of the messaging platform.' })
  userId?: string | null;

  @Field(() => String, { nullable: true, description: 'Events of the device with this id.' })
  deviceId?: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Only events that arrived at this time or later.' })
  from?: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'Only events that arrived before this time.' })
  to?: Date | null;
}

@ProblemType(
  'No event with this id is stored.',
  'It never arrived, has passed the retention period, or is quarantined without its body. Look at the answers that its sender got.',
)
export class EventNotFound extends Problem {
  @Field(() => [Day], {
    description:
      'Days whose events are not searched yet, the newest first: after an upgrade, workers index what was stored before.',
  })
  unsearchedDays!: string[];
}

export const EventResult = resultUnion('EventResult', 'A stored event, or that there is none.', () => [
  StoredEvent,
  EventNotFound,
]);
