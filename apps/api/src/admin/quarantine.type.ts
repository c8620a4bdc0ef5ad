import type { QuarantinedBodyState } from '@currents/core';
import { refusalCodes, type RefusalCode } from '@currents/schema';
import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { connectionOf } from './base/connection.js';
import { enumOf, storedEnumOf } from './base/enum.js';
import { Node } from './base/node.js';
import { Count, DateTime } from './base/scalars.js';
import { RequiresRole } from './base/role.js';
import { costs } from './costs.js';
import { IngestToken } from './token.type.js';

const QuarantineCode = storedEnumOf<RefusalCode>('QuarantineCode', 'Why the catalogue refused an event.', refusalCodes);

const BodyState = enumOf<QuarantinedBodyState>('QuarantinedBodyState', 'What is stored of a quarantined event.', {
  kept: 'The whole event.',
  cut: 'The beginning of the event: it is longer than the catalogue accepts.',
  over_budget: 'Only its position and code: the quarantine was full when it arrived. See QUARANTINE_MEGABYTES.',
  unreadable: 'Its stored bytes are damaged, or a later release of the hub has stored them.',
});

@ObjectType({ implements: Node, description: 'An event that the catalogue refused, stored as it arrived.' })
export class QuarantinedEvent extends Node {
  @Field(() => DateTime, { description: 'When the event arrived.' })
  storedAt!: Date;

  @Field(() => ID, { description: 'Id of the ingest token that the event was sent with.' })
  ingestTokenId!: string;

  @Field(() => IngestToken, {
    nullable: true,
    description: 'The ingest token that the event was sent with; null when it no longer exists.',
  })
  ingestToken?: IngestToken;

  @Field(() => Count, { description: 'Position of the event in its request, counted from 0.' })
  position!: number;

  @Field(() => String, {
    nullable: true,
    description:
      'The event’s own id, as its sender set it; null when it has none, or it cannot be read. Of a line that is not JSON, ids and type are read up to the fault.',
  })
  eventId?: string;

  @Field(() => String, {
    nullable: true,
    description:
      'The event type that it says it has, such as users.messages.pigeon.Open; null when it says none that could be a name, or it cannot be read.',
  })
  eventType?: string;

  @Field(() => QuarantineCode, { description: 'Why it was refused, such as UNKNOWN_EVENT_TYPE.' })
  code!: RefusalCode;

  @Field(() => String, { description: 'Why it was refused, in a sentence for people.' })
  detail!: string;

  @Field(() => BodyState, { description: 'What is stored of the event, such as KEPT.' })
  bodyState!: QuarantinedBodyState;

  @RequiresRole('operator')
  @Field(() => String, {
    nullable: true,
    description:
      'The JSON of the event; for a line that is not JSON, the line. Null when bodyState is OVER_BUDGET or UNREADABLE.',
  })
  body?: string;

  @Field(() => DateTime, { nullable: true, description: 'When the event was released; null when it was not.' })
  releasedAt?: Date;
}

export const QuarantinedEventConnection = connectionOf(QuarantinedEvent, 'quarantined events');

@ObjectType({ description: 'How many quarantined events share a reason.' })
export class QuarantineCount {
  @Field(() => QuarantineCode, { description: 'Why they were refused, such as UNKNOWN_EVENT_TYPE.' })
  code!: RefusalCode;

  @Field(() => Count, { description: 'Number of quarantined events, purged ones included.' })
  eventCount!: number;

  @Field(() => Count, { description: 'Number of these that were released.' })
  releasedCount!: number;

  @Field(() => Count, { description: 'Number of these that were purged: they are counted, and listed no longer.' })
  purgedCount!: number;
}

@ObjectType({ description: 'Quarantined events that share a reason and an event type.' })
export class QuarantineGroup extends QuarantineCount {
  @Field(() => String, {
    nullable: true,
    description:
      'The event type that they say they have, such as users.messages.pigeon.Open; null for events that say none that could be a name, and for those from before the upgrade to the release that records it.',
  })
  eventType?: string;

  @Field(() => DateTime, { description: 'When the first of them arrived.' })
  firstAt!: Date;

  @Field(() => DateTime, { description: 'When the last of them arrived.' })
  lastAt!: Date;

  @Field(() => QuarantinedEvent, {
    nullable: true,
    description: 'One of the newest of them; null if all are purged, or the examples of larger groups are very long.',
    complexity: costs.read,
  })
  example?: QuarantinedEvent;
}

@InputType({ description: 'Which quarantined events to release. A field that is left out restricts nothing.' })
export class ReleaseFilter {
  @Field(() => [ID], { nullable: true, description: 'Only the quarantined events with these ids, up to 1,000.' })
  ids?: string[] | null;

  @Field(() => QuarantineCode, { nullable: true, description: 'Only events with this reason.' })
  code?: RefusalCode | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Only events that say they are of this type, such as users.messages.pigeon.Open; empty: those whose type is not known, as of events from before the upgrade to the release that records it.',
  })
  eventType?: string | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'Only events with one of these ids, up to 10, as their sender set them. With this or users, up to 1,000 quarantined events may match, and little may have to be read: restrict the filter further if it is refused. Only events whose bodies are kept are found.',
  })
  eventIds?: readonly string[] | null;

  @RequiresRole('operator')
  @Field(() => [String], {
    nullable: true,
    description:
      'Only events of users with one of these ids, up to 10, as external user id, device id or user id, such as ["customer-42"]. They are stored nowhere: what acts on quarantined events names these by their own ids.',
  })
  users?: readonly string[] | null;

  @Field(() => ID, {
    nullable: true,
    description: 'Only events that were sent with this ingest token, such as "tok_3".',
  })
  ingestTokenId?: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Only events that arrived at this time or later.' })
  from?: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'Only events that arrived before this time.' })
  to?: Date | null;
}

@InputType({ description: 'Which quarantined events to list or count. A field that is left out restricts nothing.' })
export class QuarantineFilter extends ReleaseFilter {
  @Field(() => Boolean, { nullable: true, description: 'True: only released ones. False: only the others.' })
  isReleased?: boolean | null;
}

@InputType({ description: 'Which quarantined events to release.' })
export class ReleaseQuarantinedEventsInput {
  @Field(() => ReleaseFilter, {
    nullable: true,
    description: 'Which events; by default all that were not released yet.',
  })
  filter?: ReleaseFilter | null;

  @Field(() => Boolean, {
    defaultValue: true,
    description: 'True, the default: only count what would be released. False: release it.',
  })
  dryRun!: boolean;
}

@ObjectType({ description: 'Quarantined events that the present catalogue still refuses for one reason.' })
export class ReleaseRefusal {
  @Field(() => QuarantineCode, { description: 'The reason, such as UNKNOWN_EVENT_TYPE.' })
  code!: RefusalCode;

  @Field(() => String, { description: 'The reason for the first of these events, in a sentence for people.' })
  detail!: string;

  @Field(() => Count, { description: 'Number of events that are refused for this reason.' })
  eventCount!: number;
}

@ObjectType({ description: 'What a release did, or would do if it was a dry run.' })
export class ReleaseResult {
  @Field(() => Count, { description: 'Number of events that are released, or would be.' })
  eventCount!: number;

  @Field(() => [ReleaseRefusal], { description: 'The events that stay in quarantine, by the reason for it.' })
  stillRefused!: ReleaseRefusal[];

  @Field(() => Count, { description: 'Number of these whose stored bytes cannot be read.' })
  unreadableCount!: number;
}

@InputType({ description: 'Which quarantined events to purge.' })
export class PurgeQuarantinedEventsInput {
  @Field(() => QuarantineFilter, { nullable: true, description: 'Which events; by default all.' })
  filter?: QuarantineFilter | null;

  @Field(() => Boolean, {
    defaultValue: true,
    description: 'True, the default: only count what would be deleted. False: delete it.',
  })
  dryRun!: boolean;

  @Field(() => Count, {
    nullable: true,
    description:
      'The eventCount of a dry run with the same filter, to confirm what cannot be undone. While events arrive, set filter.to.',
  })
  confirmEventCount?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Why, in 1 to 300 characters, such as "a sender’s test". It is kept in the audit log and with the job, so name no user.',
  })
  reason?: string | null;
}

@ObjectType({ description: 'What a purge did, or would do if it was a dry run.' })
export class PurgeResult {
  @Field(() => Count, { description: 'Number of events that are deleted, or would be.' })
  eventCount!: number;
}
