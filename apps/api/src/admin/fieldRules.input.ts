import type { FieldRule, FieldRules } from '@currents/core';
import { Field, InputType, Int } from 'type-graphql';
import { OneOf } from './base/oneOf.js';
import { PropertyValue } from './base/scalars.js';

const ofField =
  'A name, such as plan, which is every property with it at any depth; or a path from the event on, such as properties.custom_properties.plan or user.external_user_id. An asterisk stands for any characters within a name; a full stop, an asterisk or a backslash of the name itself is written with a backslash before it.';
const ofFields = `At least one field. ${ofField}`;

@InputType({ description: 'The fields that a rule is about.' })
export class FieldListInput {
  @Field(() => [String], { description: ofFields })
  fields!: string[];
}

@InputType({ description: 'Which properties to shorten, and to what length.' })
export class TruncateFieldsInput {
  @Field(() => [String], { description: ofFields })
  fields!: string[];

  @Field(() => Int, { description: 'The most Unicode code points that a text keeps: 1 to 10000.' })
  maxLength!: number;
}

@InputType({ description: 'Which property to rename, and how.' })
export class RenameFieldInput {
  @Field(() => String, { description: `Without wildcards. ${ofField}` })
  field!: string;

  @Field(() => String, {
    description: 'The new name, 1 to 100 characters. A property that has it already is replaced.',
  })
  to!: string;
}

@InputType({ description: 'A property to add to every event.' })
export class ConstantPropertyInput {
  @Field(() => String, {
    description: 'Its name, 1 to 100 characters. A property that has it already is replaced.',
  })
  name!: string;

  @Field(() => PropertyValue, { description: 'Its value: a text of up to 1000 characters, a number or a boolean.' })
  value!: string | number | boolean;
}

@InputType({ description: 'Which events not to send. They are skipped with the code filtered_by_rule.' })
export class EventFilterInput {
  @Field(() => String, { description: `The field that decides. ${ofField}` })
  field!: string;

  @Field(() => [String], {
    nullable: true,
    description:
      'Skips events whose field has one of these 1 to 300 values; a number or boolean is compared as JSON writes it. By default, events that have the field at all.',
  })
  values?: string[] | null;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Whether to skip all other events instead.',
  })
  isInverted!: boolean;
}

@OneOf()
@InputType({
  description: 'A change to the events of a Current, such as {drop: {fields: ["ad_id"]}}: exactly one field.',
})
export class FieldRuleInput {
  @Field(() => FieldListInput, {
    nullable: true,
    description: 'Takes fields out: properties, user.external_user_id, user.device_id or user.timezone.',
  })
  drop?: FieldListInput | null;

  @Field(() => FieldListInput, {
    nullable: true,
    description:
      'Replaces values by their HMAC-SHA-256 with a key of this hub, as 64 hexadecimal digits: of properties, user.external_user_id or user.device_id. Equal values have equal hashes at every destination.',
  })
  hash?: FieldListInput | null;

  @Field(() => TruncateFieldsInput, { nullable: true, description: 'Shortens texts in properties.' })
  truncate?: TruncateFieldsInput | null;

  @Field(() => FieldListInput, {
    nullable: true,
    description: 'Takes out all properties but these; at most one such rule. The ids and the time of the event stay.',
  })
  allowOnly?: FieldListInput | null;

  @Field(() => RenameFieldInput, { nullable: true, description: 'Renames a property.' })
  rename?: RenameFieldInput | null;

  @Field(() => ConstantPropertyInput, { nullable: true, description: 'Adds a property to every event.' })
  constant?: ConstantPropertyInput | null;

  @Field(() => EventFilterInput, { nullable: true, description: 'Leaves events out.' })
  filter?: EventFilterInput | null;
}

@InputType({
  description: 'What is taken out of events, hashed or added before they are mapped for the destination.',
})
export class FieldRulesInput {
  @Field(() => Boolean, {
    defaultValue: false,
    description:
      'Whether to take e-mail addresses and phone numbers out of all properties. The ids of users are not searched: hash those that are addresses.',
  })
  isWithoutContactDetails!: boolean;

  @Field(() => [FieldRuleInput], {
    defaultValue: [],
    description:
      'At most 50 rules with 300 fields. Filters see the event as it came; then contact details go, and then each rule is applied to what those before it have left.',
  })
  rules!: FieldRuleInput[];
}

/** The rules as the core takes them: without what GraphQL says is null. */
export function fieldRulesOf(input: FieldRulesInput | null | undefined): FieldRules | null | undefined {
  return input && { isWithoutContactDetails: input.isWithoutContactDetails, rules: input.rules.map(ruleOf) };
}

function ruleOf({ drop, hash, truncate, allowOnly, rename, constant, filter }: FieldRuleInput): FieldRule {
  if (drop) return { drop: { fields: drop.fields } };
  if (hash) return { hash: { fields: hash.fields } };
  if (truncate) return { truncate: { fields: truncate.fields, maxLength: truncate.maxLength } };
  if (allowOnly) return { allowOnly: { fields: allowOnly.fields } };
  if (rename) return { rename: { field: rename.field, to: rename.to } };
  if (constant) return { constant: { name: constant.name, value: constant.value } };
  const { field, values, isInverted } = filter as EventFilterInput;
  return { filter: { field, isInverted, ...(values && { values }) } };
}
