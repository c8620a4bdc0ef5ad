import { Field, ObjectType } from 'type-graphql';
import { JsonObject } from './base/scalars.js';

@ObjectType({ description: 'An event type that a destination takes.' })
export class TakenType {
  @Field(() => String, { description: 'Name of the event type.' })
  eventType!: string;

  @Field(() => String, { description: 'What the destination calls such events.' })
  name!: string;
}

@ObjectType({ description: 'Why an event may be skipped, rejected or expire.' })
export class Reason {
  @Field(() => String, { description: 'The code that counts and dead letters show.' })
  code!: string;

  @Field(() => String, { description: 'What it means.' })
  description!: string;
}

@ObjectType({ description: 'A partner product that receives events.' })
export class Destination {
  @Field(() => String, { description: 'What a Current calls it, such as mixpanel.' })
  name!: string;

  @Field(() => String, { description: 'What people read.' })
  label!: string;

  @Field(() => JsonObject, { description: 'JSON Schema of the settings of a Current, its region among them.' })
  settingsSchema!: Readonly<Record<string, unknown>>;

  @Field(() => JsonObject, { description: 'JSON Schema of the credentials of a Current.' })
  credentialsSchema!: Readonly<Record<string, unknown>>;

  @Field(() => [TakenType], { description: 'The event types that it takes.' })
  takes!: TakenType[];

  @Field(() => [Reason], {
    description:
      'What the codes mean that events are skipped, rejected or expire with. Codes that its API answers are not all known beforehand.',
  })
  reasons!: Reason[];
}
