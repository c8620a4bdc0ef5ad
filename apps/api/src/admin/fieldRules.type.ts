import { Field, Int, ObjectType } from 'type-graphql';
import { PropertyValue } from './base/scalars.js';
import { costs } from './costs.js';

@ObjectType({ description: 'The fields that a rule is about.' })
export class FieldList {
  @Field(() => [String], { description: 'Names or paths, as they were given.' })
  fields!: string[];
}

@ObjectType({ description: 'Properties whose texts are shortened.' })
export class TruncatedFields {
  @Field(() => [String], { description: 'Names or paths, as they were given.' })
  fields!: string[];

  @Field(() => Int, { description: 'The most Unicode code points that a text keeps.' })
  maxLength!: number;
}

@ObjectType({ description: 'A property that is renamed.' })
export class RenamedField {
  @Field(() => String, { description: 'Its name or path, as it was given.' })
  field!: string;

  @Field(() => String, { description: 'The name that it gets, such as plan.' })
  to!: string;
}

@ObjectType({ description: 'A property that is added to every event.' })
export class ConstantProperty {
  @Field(() => String, { description: 'Its name, such as source.' })
  name!: string;

  @Field(() => PropertyValue, { description: 'The value that it has in every event.' })
  value!: string | number | boolean;
}

@ObjectType({ description: 'Which events are not sent. They are skipped with the code filtered_by_rule.' })
export class EventFilter {
  @Field(() => String, { description: 'The name or path of the field that decides, as it was given.' })
  field!: string;

  @Field(() => [String], {
    nullable: true,
    description: 'The values with which events are skipped; null for any value.',
  })
  values?: string[];

  @Field(() => Boolean, { description: 'Whether all other events are skipped instead.' })
  isInverted!: boolean;
}

@ObjectType({ description: 'A change to the events of a Current: exactly one field is not null. See FieldRuleInput.' })
export class FieldRule {
  @Field(() => FieldList, { nullable: true, description: 'Fields that are taken out.' })
  drop?: FieldList;

  @Field(() => FieldList, { nullable: true, description: 'Fields whose values are replaced by a keyed hash.' })
  hash?: FieldList;

  @Field(() => TruncatedFields, { nullable: true, description: 'Properties whose texts are shortened.' })
  truncate?: TruncatedFields;

  @Field(() => FieldList, { nullable: true, description: 'The only properties that stay.' })
  allowOnly?: FieldList;

  @Field(() => RenamedField, { nullable: true, description: 'A property that is renamed.' })
  rename?: RenamedField;

  @Field(() => ConstantProperty, { nullable: true, description: 'A property that is added to every event.' })
  constant?: ConstantProperty;

  @Field(() => EventFilter, { nullable: true, description: 'Events that are left out.' })
  filter?: EventFilter;
}

@ObjectType({
  description: 'What is taken out of events, hashed or added before they are mapped for the destination.',
})
export class FieldRules {
  @Field(() => Boolean, {
    description:
      'Usually true. False when a later release of the hub stored rules that this one cannot read: rules is empty then although there are some, and nothing is sent.',
  })
  isReadable!: boolean;

  @Field(() => Boolean, {
    description: 'Whether e-mail addresses and phone numbers are taken out of all properties.',
  })
  isWithoutContactDetails!: boolean;

  @Field(() => [FieldRule], {
    description: 'The rules in the order in which they are applied.',
    complexity: costs.list(5),
  })
  rules!: FieldRule[];
}
