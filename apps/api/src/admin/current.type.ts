import type { CurrentAction as Action, CurrentState as State, CurrentWarningCode as WarningCode } from '@currents/core';
import { Field, Int, ObjectType } from 'type-graphql';
import { connectionOf } from './base/connection.js';
import { enumOf, storedEnumOf } from './base/enum.js';
import { Node } from './base/node.js';
import { Count, DateTime, Day, JsonObject } from './base/scalars.js';
import { costs } from './costs.js';
import { CurrentCredentials, CurrentCredentialRotation } from './credentialRotation.type.js';
import { Destination } from './destination.type.js';
import { FieldRules } from './fieldRules.type.js';

export const CurrentState = storedEnumOf<State>(
  'CurrentState',
  'Where a Current stands: DRAFT → LIVE ⇄ PAUSED, LIVE → BLOCKED → LIVE or PAUSED, and any state → DELETED.',
  {
    draft: 'The Current is set up and has not been launched: it carries no events.',
    live: 'The Current delivers events as they arrive.',
    paused: 'The Current sends nothing. Its events are kept until it is resumed, and none expires.',
    blocked:
      'The destination refuses every request until a person repairs the Current. Arriving events are kept for the retry window.',
    deleted: 'The Current has ended for good. Its counts and dead letters can still be read.',
  },
);

export const CurrentAction = enumOf<Action>('CurrentAction', 'An action that a state of a Current may allow.', {
  launch: 'The mutation launchCurrent.',
  pause: 'The mutation pauseCurrent.',
  resume: 'The mutation resumeCurrent.',
  update: 'The mutation updateCurrent.',
  test: 'The mutation testCredentials.',
  replay: 'The mutations replayDeadLetters and replayEvents.',
  delete: 'The mutation deleteCurrent.',
});

const CurrentWarningCode = storedEnumOf<WarningCode>('CurrentWarningCode', 'What a warning about a Current is about.', {
  types_not_taken: 'Some selected event types are not supported by the destination and are not sent.',
  no_connector: 'This version of the hub has no connector for the destination.',
  credentials_missing: 'The Current has no credentials: set them before it is launched.',
  credentials_unreadable:
    'The stored credentials do not open with the present MASTER_KEY, or a later release of the hub sealed them.',
  field_rules_unreadable:
    'A later release of the hub stored the field rules. Nothing is sent before that release runs, or they are set again.',
  base_url_not_allowed: 'The settings name a base URL, which the operator of this hub does not allow.',
  answers_unconfirmed:
    'The destination accepted events with answers that do not confirm them. They count as delivered.',
  batch_unreadable: 'Stored events could not be read. They are dead letters with the code batch_unreadable.',
  credentials_rolled_back:
    'The destination refused promoted credentials, so the Current went back to the former ones by itself. See credentialRotation.',
  batch_newer:
    'A later release of the hub stored events that this one cannot read. They wait for a worker of that release.',
  deferral_newer:
    'A later release of the hub deferred events in a form that this one cannot read. They wait for a worker of that release.',
  gzip_refused:
    'Compressed requests are refused on the way, so they are sent without compression. See the setting gzip.',
});

@ObjectType({
  description:
    'Which event types a Current carries: those named, and all that the named channels and groups hold, now and in later versions of the catalogue.',
})
export class CurrentSelection {
  @Field(() => [String], { description: 'Names of event types, such as users.messages.email.Open.' })
  eventTypes!: string[];

  @Field(() => [String], { description: 'Keys of channels, such as message/email.' })
  channels!: string[];

  @Field(() => [String], { description: 'Names of groups, such as message.' })
  groups!: string[];
}

@ObjectType({ description: 'Something about a Current that needs attention, though it may keep working.' })
export class CurrentWarning {
  @Field(() => CurrentWarningCode, { description: 'What the warning is about, for programs to branch on.' })
  code!: WarningCode;

  @Field(() => String, { description: 'The warning in a sentence for people.' })
  message!: string;

  @Field(() => [String], { description: 'Names of the event types that the warning is about; often empty.' })
  eventTypes!: string[];

  @Field(() => Count, {
    nullable: true,
    description: 'Number of events that the warning is about, since firstAt; null where the settings are the reason.',
  })
  eventCount?: number;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the reason was first noticed; null where the settings are the reason.',
  })
  firstAt?: Date;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When the reason was last noticed; null where the settings are the reason. The warning ends a week later.',
  })
  lastAt?: Date;
}

@ObjectType({ description: 'Why a Current is BLOCKED: nothing is sent until a person repairs it.' })
export class CurrentBlock {
  @Field(() => String, {
    description: 'The reason as a code of the hub or of its connector, such as credentials_refused.',
  })
  code!: string;

  @Field(() => String, { description: 'The reason in a sentence for people.' })
  detail!: string;

  @Field(() => DateTime, { description: 'When the Current was blocked.' })
  blockedAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the hub next tests by itself whether the destination accepts events; null when it never will.',
  })
  nextProbeAt?: Date;
}

@ObjectType({ description: 'Why a live Current is waiting. It goes on by itself.' })
export class CurrentDeferral {
  @Field(() => DateTime, { description: 'When the next attempt is made.' })
  until!: Date;

  @Field(() => String, { description: 'The reason as a code, such as http_503.' })
  code!: string;

  @Field(() => String, { description: 'The reason in a sentence for people.' })
  detail!: string;
}

@ObjectType({ description: 'How many events share one reason. Destination.reasons explains the codes.' })
export class ReasonCount {
  @Field(() => String, { description: 'The reason as a code of the hub or of its connector, such as duplicate.' })
  code!: string;

  @Field(() => Count, { description: 'Number of events with this reason.' })
  eventCount!: number;
}

@ObjectType({
  description: 'How many events stand where: selected = delivered + skipped + rejected + expired + pending.',
})
export class EventCounts {
  @Field(() => Count, { description: 'Events that the Current was to carry. A replayed event counts again.' })
  selected!: number;

  @Field(() => Count, {
    description:
      'Accepted events of types that the Current did not select while it was launched; not part of the sum. Counted since the release that brought this field; appears within two minutes.',
  })
  unselected!: number;

  @Field(() => Count, { description: 'Events that the destination has accepted.' })
  delivered!: number;

  @Field(() => Count, { description: 'Events that were not sent because a rule of the connector leaves them out.' })
  skipped!: number;

  @Field(() => Count, { description: 'Events that the destination refused for good. They are dead letters.' })
  rejected!: number;

  @Field(() => Count, { description: 'Events that were not delivered within the retry window. They are dead letters.' })
  expired!: number;

  @Field(() => Count, { description: 'Events that are still to be delivered.' })
  pending!: number;

  @Field(() => [ReasonCount], { description: 'Why events were skipped, the most frequent reason first.' })
  skippedReasons!: ReasonCount[];

  @Field(() => [ReasonCount], { description: 'Why events were rejected, the most frequent reason first.' })
  rejectedReasons!: ReasonCount[];

  @Field(() => [ReasonCount], { description: 'Why events expired, the most frequent reason first.' })
  expiredReasons!: ReasonCount[];
}

@ObjectType({ description: 'How the events stand that arrived on one day.' })
export class DailyEventCounts extends EventCounts {
  @Field(() => Day, { description: 'The day in UTC on which the events arrived, such as 2026-01-31.' })
  day!: string;
}

@ObjectType({ implements: Node, description: 'A live export of selected event types to one destination.' })
export class Current extends Node {
  @Field(() => String, { description: 'Name for people; unique among Currents that are not deleted.' })
  name!: string;

  @Field(() => String, { description: 'E-mail address of the person to tell when the Current needs repair.' })
  contactEmail!: string;

  @Field(() => String, { description: 'Name of the destination, such as mixpanel. It never changes.' })
  destinationName!: string;

  @Field(() => Destination, {
    nullable: true,
    description: 'The destination itself; null when this version of the hub has no connector for it.',
  })
  destination?: Destination;

  @Field(() => JsonObject, {
    description:
      'Settings of the destination, defaults included, such as {"region": "eu"}: see Destination.settingsSchema.',
  })
  settings!: Readonly<Record<string, unknown>>;

  @Field(() => CurrentCredentials, {
    nullable: true,
    description: 'Which credentials are stored; null while a draft has none, and once the Current is deleted.',
  })
  credentials?: CurrentCredentials;

  @Field(() => CurrentCredentialRotation, {
    nullable: true,
    description:
      'Credentials that are stored beside those in use: staged new ones, or former ones during a probation. Null when there are none.',
  })
  credentialRotation?: CurrentCredentialRotation;

  @Field(() => CurrentSelection, { description: 'The selection as it was set.' })
  selection!: CurrentSelection;

  @Field(() => FieldRules, {
    description: 'What is taken out of events, hashed or added before they are sent. An admin’s choice; often nothing.',
  })
  fieldRules!: FieldRules;

  @Field(() => Int, {
    description:
      'The longest time in milliseconds for which due events wait for others, so that one request carries many of them; 250 by default. In a flood nothing waits.',
  })
  lingerMs!: number;

  @Field(() => [String], {
    complexity: costs.names,
    description: 'Names of the event types that the Current carries: selected, and supported by the destination.',
  })
  eventTypes!: string[];

  @Field(() => [CurrentWarning], { description: 'What needs attention; empty when nothing does.' })
  warnings!: CurrentWarning[];

  @Field(() => CurrentState, { description: 'Where the Current stands.' })
  state!: State;

  @Field(() => DateTime, { description: 'When the Current entered its state.' })
  stateChangedAt!: Date;

  @Field(() => [CurrentAction], { description: 'The actions that the state allows; empty once it is deleted.' })
  allowedActions!: Action[];

  @Field(() => CurrentBlock, { nullable: true, description: 'Why the Current is BLOCKED; null in other states.' })
  block?: CurrentBlock;

  @Field(() => CurrentDeferral, {
    nullable: true,
    description: 'Why the live Current waits before its next attempt; null when it does not wait.',
  })
  deferral?: CurrentDeferral;

  @Field(() => Int, {
    description:
      'Rises by one with every updateCurrent, and whenever other credentials are used. Pass it as ifVersion to exclude lost updates.',
  })
  version!: number;

  @Field(() => DateTime, { description: 'When the Current was created.' })
  createdAt!: Date;

  @Field(() => DateTime, { description: 'When an admin last changed the Current.' })
  updatedAt!: Date;

  @Field(() => EventCounts, { description: 'How all its events stand, since the Current was created.' })
  counts!: EventCounts;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the oldest event arrived that is still pending; null when none is.',
  })
  oldestPendingAt?: Date;
}

@ObjectType({ description: 'How the events of a Current ended in each of the last 24 hours, the earliest first.' })
export class CurrentActivity {
  @Field(() => DateTime, { description: 'When the first of the hours begins, such as 2026-01-31T09:00:00Z.' })
  startsAt!: Date;

  @Field(() => [Count], { description: 'Events that the destination accepted, by hour.', complexity: 5 })
  delivered!: number[];

  @Field(() => [Count], { description: 'Events that a rule of the connector left out, by hour.', complexity: 5 })
  skipped!: number[];

  @Field(() => [Count], { description: 'Events that were rejected or expired, by hour.', complexity: 5 })
  failed!: number[];
}

export const CurrentConnection = connectionOf(Current, 'Currents');
