import type { CurrentState as StateName } from '@currents/core';
import { Field, InputType } from 'type-graphql';
import { State } from './problem.type.js';
import { JsonObject } from './base/scalars.js';

@InputType({ description: 'Which event types to carry. At least one of the three lists holds something.' })
export class SelectionInput {
  @Field(() => [String], { defaultValue: [], description: 'Names of event types, such as users.messages.email.Open.' })
  eventTypes!: string[];

  @Field(() => [String], {
    defaultValue: [],
    description: 'Keys of channels, such as message/email: all they hold, now and later.',
  })
  channels!: string[];

  @Field(() => [String], {
    defaultValue: [],
    description: 'Names of groups, such as message: all they hold, now and later.',
  })
  groups!: string[];
}

@InputType({ description: 'A new Current.' })
export class CreateCurrentInput {
  @Field(() => String, { description: '1 to 100 characters that no other Current has as its name.' })
  name!: string;

  @Field(() => String, { description: 'E-mail address of whom to tell when the Current needs a person.' })
  contactEmail!: string;

  @Field(() => String, { description: 'Name of a destination. It cannot be changed later.' })
  destination!: string;

  @Field(() => JsonObject, {
    description: 'What to tell the destination, such as {"region": "eu"}: see its settingsSchema.',
  })
  settings!: Readonly<Record<string, unknown>>;

  @Field(() => JsonObject, {
    description: 'What to show the destination: see its credentialsSchema. Never comes out again.',
  })
  credentials!: Readonly<Record<string, unknown>>;

  @Field(() => SelectionInput, { description: 'Which event types to carry.' })
  selection!: SelectionInput;
}

@InputType({
  description: 'What to change. What is left out stays; what is given replaces the whole of what was there.',
})
export class ChangeCurrentInput {
  @Field(() => String, { nullable: true, description: '1 to 100 characters that no other Current has as its name.' })
  name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'E-mail address of whom to tell when the Current needs a person.',
  })
  contactEmail?: string | null;

  @Field(() => JsonObject, { nullable: true, description: 'All settings; one that is left out gets its default.' })
  settings?: Readonly<Record<string, unknown>> | null;

  @Field(() => JsonObject, {
    nullable: true,
    description: 'All credentials. The former ones are gone: try the new ones with testCredentials first.',
  })
  credentials?: Readonly<Record<string, unknown>> | null;

  @Field(() => SelectionInput, {
    nullable: true,
    description: 'The whole selection. It holds for events that come from now on.',
  })
  selection?: SelectionInput | null;
}

@InputType({ description: 'What to try in place of what is stored, without storing it.' })
export class TestCredentialsInput {
  @Field(() => JsonObject, { nullable: true, description: 'Settings to try; left out, the stored ones.' })
  settings?: Readonly<Record<string, unknown>> | null;

  @Field(() => JsonObject, { nullable: true, description: 'Credentials to try; left out, the stored ones.' })
  credentials?: Readonly<Record<string, unknown>> | null;
}

@InputType({ description: 'Which Currents to list. What is left out restricts nothing.' })
export class CurrentFilter {
  @Field(() => [State], { nullable: true, description: 'In any of these states. Left out: in any but deleted.' })
  states?: StateName[] | null;

  @Field(() => String, { nullable: true, description: 'Of this destination.' })
  destination?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'With this in their name or contact e-mail, in upper or lower case.',
  })
  text?: string | null;
}
