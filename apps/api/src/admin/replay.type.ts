import type { ReplayEstimateBasis as Basis, ReplayOutcome as Outcome, ReplayWarningCode as Code } from '@currents/core';
import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { enumOf } from './base/enum.js';
import { Count, DateTime } from './base/scalars.js';

const ReplayOutcome = enumOf<Outcome>('ReplayOutcome', 'What became of an event at a Current at last.', {
  delivered: 'The destination accepted it.',
  skipped: 'It was left out by a rule, such as one of the destination’s connector.',
  rejected: 'The destination refused it for good: a dead letter that is not discarded.',
  expired: 'It could not be delivered within the retry window: a dead letter that is not discarded.',
  discarded: 'It is a dead letter, rejected or expired, that an admin has discarded and that was not replayed since.',
  unselected: 'Its type was not selected when it arrived, or the Current was not live then.',
});

const ReplayWarningCode = enumOf<Code>('ReplayWarningCode', 'What to know before events are replayed.', {
  current_not_live: 'The Current is not live: what is replayed waits until it is.',
  cannot_be_mapped: 'The Current cannot be used with its settings, so the plan says nothing of what would be sent.',
  no_event_types: 'The Current selects none of these event types, so there is nothing to replay.',
  not_retained: 'The time begins before the oldest day that is still stored.',
  counted_twice: 'The destination accepted some of the events before, and would count them again.',
  discarded: 'Some of the events were discarded by an admin, who said why: they would be sent nevertheless.',
  sent_in_vain: 'Some of the events would not be sent, for reasons in the events themselves.',
  unreadable: 'Some stored events cannot be read, and are left out.',
});

const ReplayEstimateBasis = enumOf<Basis>('ReplayEstimateBasis', 'What the estimated time of a replay is based on.', {
  measured: 'The rate of the Current’s last replay of at least 5,000 events.',
  limits: 'The limits of the destination, with requests of a quarter of a second.',
});

@InputType({ description: 'Which events to replay. A field that is left out restricts nothing.' })
export class EventReplayFilter {
  @Field(() => [ReplayOutcome], {
    description:
      'Only events that ended in one of these ways at the Current, such as [REJECTED, EXPIRED]; at least one. Dead letters that an admin has discarded are left out unless DISCARDED is named. [UNSELECTED] fills in what came before the Current was live or before a type was selected. Pending events are on their way already and never replayed.',
  })
  outcomes!: readonly Outcome[];

  @Field(() => DateTime, { nullable: true, description: 'Only events that the hub accepted at this time or later.' })
  from?: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Only events that the hub accepted before this time; by default, before the replay begins.',
  })
  to?: Date | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'Only events of these types, such as "users.messages.email.Open". Only types that the Current selects when the replay begins are replayed in any case.',
  })
  eventTypes?: readonly string[] | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Only events with one of these ids as external user id, device id or user id; at most 1,000.',
  })
  users?: readonly string[] | null;
}

@InputType({ description: 'Which events of a Current to replay.' })
export class ReplayEventsInput {
  @Field(() => ID, { description: 'Id of the Current, such as "cur_7".' })
  currentId!: string;

  @Field(() => EventReplayFilter, { description: 'Which events, from those that are still stored.' })
  filter!: EventReplayFilter;

  @Field(() => Boolean, {
    defaultValue: true,
    description: 'True, the default: only plan. False: replay.',
  })
  dryRun!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'The name of the Current, exactly as it is stored: required when dryRun is false.',
  })
  confirmName?: string | null;
}

@ObjectType({ description: 'How a destination recognises an event that it has accepted before.' })
export class Deduplication {
  @Field(() => String, { description: 'By what it recognises a repetition, and what is left of it, in a sentence.' })
  rule!: string;

  @Field(() => Count, {
    nullable: true,
    description: 'For how many milliseconds it recognises a repetition, such as 604800000; null for ever.',
  })
  windowMs?: number;

  @Field(() => String, { description: 'The page of the destination’s documentation that says so.' })
  source!: string;
}

@ObjectType({ description: 'What to know before events are replayed.' })
export class ReplayWarning {
  @Field(() => ReplayWarningCode, { description: 'The warning as a code, such as COUNTED_TWICE.' })
  code!: Code;

  @Field(() => String, { description: 'The warning in a sentence for people.' })
  message!: string;
}

@ObjectType({ description: 'What a replay would do at its destination.' })
export class EventReplayPlan {
  @Field(() => Count, { description: 'About the bytes of the events as JSON, as the hub stores them.' })
  byteCount!: number;

  @Field(() => Count, { description: 'Number of the events that the connector would skip.' })
  skippedCount!: number;

  @Field(() => Count, { description: 'Number of the events that the connector would reject.' })
  rejectedCount!: number;

  @Field(() => Count, {
    description: 'Number of the events that an admin has discarded: 0 unless the outcomes name DISCARDED.',
  })
  discardedCount!: number;

  @Field(() => Count, {
    description:
      'Number of the events that the destination accepted before and would recognise as repeated: they count once.',
  })
  recognisedCount!: number;

  @Field(() => Count, {
    description:
      'Number of the events that the destination accepted before and would count again, or too long ago to be sure.',
  })
  repeatedCount!: number;

  @Field(() => Deduplication, {
    nullable: true,
    description: 'How the destination recognises repetitions; null when each one counts.',
  })
  deduplication?: Deduplication;

  @Field(() => Count, {
    description: 'About how many milliseconds the replay would take beside little live traffic, at the least.',
  })
  estimatedMs!: number;

  @Field(() => ReplayEstimateBasis, { description: 'What the estimate is based on.' })
  basis!: Basis;

  @Field(() => [ReplayWarning], { description: 'What to know before; empty when there is nothing.' })
  warnings!: readonly ReplayWarning[];
}

@ObjectType({ description: 'What a replay of events has done so far, or would do if it was a dry run.' })
export class EventReplayResult {
  @Field(() => Count, { description: 'Number of events that are replayed, or would be.' })
  eventCount!: number;

  @Field(() => Count, { description: 'Number of deliveries created for them; 0 in a dry run.' })
  deliveryCount!: number;

  @Field(() => Count, { description: 'Number of events that the destination accepted.' })
  deliveredCount!: number;

  @Field(() => Count, { description: 'Number of events that were skipped by a rule.' })
  skippedCount!: number;

  @Field(() => Count, { description: 'Number of events that the destination refused: new dead letters.' })
  rejectedCount!: number;

  @Field(() => Count, { description: 'Number of events that expired: new dead letters.' })
  expiredCount!: number;

  @Field(() => Count, {
    description: 'Number of events that were not sent because the replay was cancelled: skipped as replay_cancelled.',
  })
  cancelledCount!: number;

  @Field(() => Count, {
    description: 'Number of events that are to be sent still, of those that deliveries exist for.',
  })
  pendingCount!: number;

  @Field(() => Count, { description: 'Number of stored events that cannot be read; they are left out.' })
  unreadableCount!: number;

  @Field(() => EventReplayPlan, { nullable: true, description: 'Of a dry run; null otherwise.' })
  plan?: EventReplayPlan;
}
