import type { CurrentAction as ActionName, CurrentState as StateName } from '@currents/core';
import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Action, State } from './problem.type.js';
import { Count, DateTime, JsonObject } from './base/scalars.js';

@ObjectType({
  description:
    'Which event types a Current carries: those named, and whatever the named channels and groups hold, now and later.',
})
export class Selection {
  @Field(() => [String], { description: 'Names of event types, such as users.messages.email.Open.' })
  eventTypes!: string[];

  @Field(() => [String], { description: 'Keys of channels, such as message/email.' })
  channels!: string[];

  @Field(() => [String], { description: 'Names of groups, such as message.' })
  groups!: string[];
}

@ObjectType({ description: 'Which credentials are stored. What is in them never comes out.' })
export class CredentialsSet {
  @Field(() => String, { nullable: true, description: 'Which kind they are, where the destination takes several.' })
  kind?: string;

  @Field(() => [String], {
    description: 'The fields that are set; none, when they do not open with the present master key.',
  })
  fields!: string[];
}

@ObjectType({ description: 'Something about a Current that an admin should know.' })
export class Warning {
  @Field(() => String, {
    description: 'types_not_taken, no_connector, credentials_unreadable or base_url_not_allowed.',
  })
  code!: string;

  @Field(() => String, { description: 'What it is, in a sentence.' })
  message!: string;

  @Field(() => [String], { description: 'The event types that it is about.' })
  eventTypes!: string[];
}

@ObjectType({ description: 'Why nothing passes until a person repairs the Current.' })
export class Blocked {
  @Field(() => String, { description: 'Why, for machines.' })
  code!: string;

  @Field(() => String, { description: 'Why, in a sentence.' })
  detail!: string;

  @Field(() => DateTime, { description: 'Since when.' })
  since!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the destination is next asked whether it takes events again.',
  })
  nextProbeAt?: Date;
}

@ObjectType({ description: 'Why a live Current waits for a while. It goes on by itself.' })
export class Hold {
  @Field(() => String, { description: 'Why, for machines.' })
  code!: string;

  @Field(() => String, { description: 'Why, in a sentence.' })
  detail!: string;

  @Field(() => DateTime, { description: 'Until when.' })
  until!: Date;
}

@ObjectType({ description: 'How many events have one reason. Each destination lists what its reasons mean.' })
export class CodeCount {
  @Field(() => String, { description: 'The reason, for machines.' })
  code!: string;

  @Field(() => Count, { description: 'How many events.' })
  events!: number;
}

@ObjectType({ description: 'Where events stand: selected = delivered + skipped + rejected + expired + pending.' })
export class Counts {
  @Field(() => Count, { description: 'Events that the Current was to carry; a replayed event counts again.' })
  selected!: number;

  @Field(() => Count, { description: 'The destination has them.' })
  delivered!: number;

  @Field(() => Count, { description: 'Not sent, by a rule of the destination.' })
  skipped!: number;

  @Field(() => Count, { description: 'The destination will never take them as they are: dead letters.' })
  rejected!: number;

  @Field(() => Count, { description: 'Not delivered within the retry window: dead letters, which can be replayed.' })
  expired!: number;

  @Field(() => Count, { description: 'Still to be delivered.' })
  pending!: number;

  @Field(() => [CodeCount], { description: 'Why events were skipped, the most frequent reason first.' })
  skippedFor!: CodeCount[];

  @Field(() => [CodeCount], { description: 'Why events were rejected, the most frequent reason first.' })
  rejectedFor!: CodeCount[];

  @Field(() => [CodeCount], { description: 'Why events expired, the most frequent reason first.' })
  expiredFor!: CodeCount[];
}

@ObjectType({ description: 'Where the events stand that came on one day.' })
export class DayCounts extends Counts {
  @Field(() => String, { description: 'The day in UTC, such as 2026-01-31.' })
  day!: string;
}

@ObjectType({ description: 'A live export of selected event types to one destination.' })
export class Current {
  @Field(() => ID, { description: 'Never changes.' })
  id!: string;

  @Field(() => String, { description: 'What admins call it; no two Currents share one.' })
  name!: string;

  @Field(() => String, { description: 'Whom to tell when it needs a person.' })
  contactEmail!: string;

  @Field(() => String, { description: 'Name of the destination, such as mixpanel.' })
  destination!: string;

  @Field(() => JsonObject, { description: 'What the destination was told, such as its region; defaults included.' })
  settings!: Readonly<Record<string, unknown>>;

  @Field(() => CredentialsSet, {
    nullable: true,
    description: 'Which credentials are stored; none of a deleted Current.',
  })
  credentials?: CredentialsSet;

  @Field(() => Selection, { description: 'What was selected.' })
  selection!: Selection;

  @Field(() => [String], { description: 'The event types that it carries: selected, and taken by the destination.' })
  eventTypes!: string[];

  @Field(() => [Warning], { description: 'What an admin should know about it.' })
  warnings!: Warning[];

  @Field(() => State, { description: 'Where it stands.' })
  state!: StateName;

  @Field(() => DateTime, { description: 'Since when it is in this state.' })
  stateSince!: Date;

  @Field(() => [Action], { description: 'What can be done to it in this state.' })
  possible!: ActionName[];

  @Field(() => Blocked, { nullable: true, description: 'Why nothing passes, when it is blocked.' })
  blocked?: Blocked;

  @Field(() => Hold, { nullable: true, description: 'Why it waits for a while, when it does.' })
  hold?: Hold;

  @Field(() => Int, { description: 'Rises whenever settings, credentials or selection change.' })
  version!: number;

  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: Date;

  @Field(() => DateTime, { description: 'When an admin last changed it.' })
  updatedAt!: Date;

  @Field(() => Counts, { description: 'Where its events stand, since it was created.' })
  counts!: Counts;

  @Field(() => DateTime, { nullable: true, description: 'When the oldest event came that is still pending.' })
  oldestPendingAt?: Date;
}

@ObjectType({ description: 'Some Currents, the newest first.' })
export class CurrentPage {
  @Field(() => [Current], { description: 'The Currents of this page.' })
  nodes!: Current[];

  @Field(() => String, { nullable: true, description: 'Give it as after to get the next page; null on the last one.' })
  nextCursor?: string;
}
