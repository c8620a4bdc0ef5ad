import type { TailKind } from '@currents/core';
import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { enumOf } from './base/enum.js';
import { Count, DateTime } from './base/scalars.js';
import { costs } from './costs.js';
import { Current } from './current.type.js';
import { IngestToken } from './token.type.js';

export const LiveTailKind = enumOf<TailKind>('LiveTailKind', 'What happened to an event of the live tail.', {
  accepted: 'It came in and was stored.',
  quarantined: 'It came in and was refused: code says why.',
  delivered: 'The destination of a Current has accepted it.',
  skipped: 'The destination has no use for it, so it was not sent: code says why.',
  rejected: 'The destination refused it for good, so it is a dead letter: code says why.',
  expired: 'It could not be delivered within the retry window, so it is a dead letter: code says why.',
});

@ObjectType({
  description: 'One thing that happened to an event. It names no user and shows nothing of what the event says.',
})
export class LiveTailItem {
  @Field(() => LiveTailKind, { description: 'What happened, such as DELIVERED.' })
  kind!: TailKind;

  @Field(() => DateTime, { description: 'When it was stored or recorded.' })
  occurredAt!: Date;

  @Field(() => String, {
    nullable: true,
    description: 'Name of its event type, such as users.messages.email.Open; null for a quarantined event.',
  })
  eventType?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The event’s own id, as its sender set it, cut after 100 characters: event(filter:) finds it. Null for a quarantined event, and for one that came in with more than 64 KB.',
  })
  eventId?: string | null;

  @Field(() => Current, {
    nullable: true,
    description: 'The Current of an outcome; null for an event that came in, and when it has been deleted.',
    complexity: costs.items,
  })
  current?: Current;

  @Field(() => IngestToken, {
    nullable: true,
    description: 'The ingest token of an event that came in; null for an outcome.',
    complexity: costs.items,
  })
  ingestToken?: IngestToken;

  @Field(() => String, {
    nullable: true,
    description:
      'Why it was quarantined, skipped, rejected or expired, as a code such as no_user; null for other kinds.',
  })
  code?: string | null;
}

@ObjectType({
  description: 'What has happened since the last update of the live tail. There are at most two a second.',
})
export class LiveTailUpdate {
  @Field(() => [LiveTailItem], {
    description: 'A sample of what happened, in about the order in which it did: at most 20 a second.',
    complexity: costs.list(20),
  })
  items!: LiveTailItem[];

  @Field(() => Count, {
    description:
      'How much else met the filter and is not listed, because more came than the tail shows or the reader took it too slowly. Outcomes are not counted where the filter names an event type.',
  })
  leftOutCount!: number;
}

@InputType({ description: 'What to show of the live tail. A field that is left out restricts nothing.' })
export class LiveTailFilter {
  @Field(() => [LiveTailKind], {
    nullable: true,
    description: 'Only what happened in one of these ways, such as REJECTED.',
  })
  kinds?: TailKind[] | null;

  @Field(() => ID, { nullable: true, description: 'Id of a Current, such as "cur_7": only its outcomes.' })
  currentId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of an event type, such as users.messages.email.Open: only events of this type.',
  })
  eventType?: string | null;
}
