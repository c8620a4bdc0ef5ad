import type { CurrentState as State } from '@currents/core';
import { Field, ID, InputType, Int } from 'type-graphql';
import { ConfirmedInput, IdInput } from './base/inputs.js';
import { orderInput } from './base/order.js';
import { DateTime, JsonObject } from './base/scalars.js';
import { CurrentState } from './current.type.js';
import { FieldRulesInput } from './fieldRules.input.js';

const lingerWords =
  'The longest time in milliseconds for which due events wait for others, so that one request carries many of them: 0 to 10000, by default 250. In a flood nothing waits. 0 sends each at once, which costs the hub a request for every few events.';

@InputType({ description: 'Which event types to carry. At least one of the three lists has to hold something.' })
export class CurrentSelectionInput {
  @Field(() => [String], { defaultValue: [], description: 'Names of event types, such as users.messages.email.Open.' })
  eventTypes!: string[];

  @Field(() => [String], {
    defaultValue: [],
    description: 'Keys of channels, such as message/email: all event types they hold, now and later.',
  })
  channels!: string[];

  @Field(() => [String], {
    defaultValue: [],
    description: 'Names of groups, such as message: all event types they hold, now and later.',
  })
  groups!: string[];
}

@InputType({ description: 'The Current to create.' })
export class CreateCurrentInput {
  @Field(() => String, { description: '1 to 100 characters; no other Current may have the same name.' })
  name!: string;

  @Field(() => String, { description: 'E-mail address of the person to tell when the Current needs repair.' })
  contactEmail!: string;

  @Field(() => String, { description: 'Name of a destination, such as mixpanel. It cannot be changed later.' })
  destination!: string;

  @Field(() => JsonObject, {
    description: 'Settings of the destination, such as {"region": "eu"}: see Destination.settingsSchema.',
  })
  settings!: Readonly<Record<string, unknown>>;

  @Field(() => JsonObject, {
    nullable: true,
    description:
      'Credentials of the destination: see Destination.credentialsSchema. They are never returned. Null: none, and the draft cannot be launched before updateCurrent sets them.',
  })
  credentials?: Readonly<Record<string, unknown>> | null;

  @Field(() => CurrentSelectionInput, { description: 'Which event types to carry.' })
  selection!: CurrentSelectionInput;

  @Field(() => FieldRulesInput, {
    nullable: true,
    description: 'What to take out of events, hash or add before they are sent; by default nothing.',
  })
  fieldRules?: FieldRulesInput | null;

  @Field(() => Int, { nullable: true, description: lingerWords })
  lingerMs?: number | null;
}

@InputType({ description: 'What to change about a Current. A field that is left out stays as it is.' })
export class UpdateCurrentInput extends IdInput {
  @Field(() => Int, {
    nullable: true,
    description: 'The version that the change is based on: if the Current has another one by now, nothing is changed.',
  })
  ifVersion?: number | null;

  @Field(() => String, { nullable: true, description: '1 to 100 characters; no other Current may have the same name.' })
  name?: string | null;

  @Field(() => String, { nullable: true, description: 'E-mail address of the person to tell when it needs repair.' })
  contactEmail?: string | null;

  @Field(() => JsonObject, {
    nullable: true,
    description:
      'Merged into the present settings as a JSON Merge Patch (RFC 7396): a setting that is null gets its default. Null resets all of them. Settings that would send the stored credentials to another host than before, and not one of the destination’s own, need the credentials beside them.',
  })
  settings?: Readonly<Record<string, unknown>> | null;

  @Field(() => JsonObject, {
    nullable: true,
    description: 'Replaces all credentials; the former ones are gone. Try the new ones with testCredentials first.',
  })
  credentials?: Readonly<Record<string, unknown>> | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The present name of the Current, exactly as it is stored: required when credentials replace others, or when field rules replace those of a later release.',
  })
  confirmName?: string | null;

  @Field(() => CurrentSelectionInput, {
    nullable: true,
    description: 'Replaces the whole selection, for events that arrive from now on.',
  })
  selection?: CurrentSelectionInput | null;

  @Field(() => FieldRulesInput, {
    nullable: true,
    description:
      'Replaces all field rules, for requests from now on, also those with events that arrived before. Null removes them.',
  })
  fieldRules?: FieldRulesInput | null;

  @Field(() => Int, { nullable: true, description: lingerWords })
  lingerMs?: number | null;
}

@InputType({
  description:
    'Which destination to test: that of a Current, with what to try in place of what is stored, or any with settings and credentials.',
})
export class TestCredentialsInput {
  @Field(() => ID, { nullable: true, description: 'Id of the Current. Give either this or destination.' })
  currentId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of a destination, such as mixpanel: tests what is given without any Current.',
  })
  destination?: string | null;

  @Field(() => JsonObject, {
    nullable: true,
    description:
      'Merged into the present settings of the Current for this test (RFC 7396), or all settings; not stored.',
  })
  settings?: Readonly<Record<string, unknown>> | null;

  @Field(() => JsonObject, {
    nullable: true,
    description:
      'Credentials to try, without storing them; of a Current the stored ones by default, unless the settings would send those to another host.',
  })
  credentials?: Readonly<Record<string, unknown>> | null;
}

@InputType({ description: 'The Current to launch.' })
export class LaunchCurrentInput extends IdInput {
  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Whether to launch it without testing its credentials first.',
  })
  skipTest!: boolean;

  @Field(() => Boolean, {
    defaultValue: false,
    description:
      'Whether it is PAUSED from the start: arriving events are kept, and sent once resumeCurrent makes it live.',
  })
  isPaused!: boolean;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'Also sends the events that the hub accepted at this time or later, as far as they are stored: each event once, by a job that comes after live events. By default, only events from now on.',
  })
  from?: Date | null;
}

@InputType({ description: 'The Current to pause.' })
export class PauseCurrentInput extends IdInput {}

@InputType({ description: 'The Current to resume.' })
export class ResumeCurrentInput extends IdInput {}

@InputType({ description: 'The Current to delete.' })
export class DeleteCurrentInput extends ConfirmedInput {}

@InputType({ description: 'Which Currents to list. A field that is left out restricts nothing.' })
export class CurrentFilter {
  @Field(() => [CurrentState], {
    nullable: true,
    description: 'Only Currents in one of these states; by default all states but DELETED.',
  })
  states?: State[] | null;

  @Field(() => String, { nullable: true, description: 'Only Currents with this destination, such as mixpanel.' })
  destination?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Only Currents with this text in their name or contact e-mail, regardless of case.',
  })
  search?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'True: only live Currents that wait before their next attempt, as deferral says. False: only the others.',
  })
  isRetrying?: boolean | null;
}

export const CurrentOrder = orderInput('CurrentOrder', 'Currents', {
  created_at: 'The time of creation.',
  updated_at: 'The time of the last change by an admin.',
  name: 'The name, regardless of case.',
});
