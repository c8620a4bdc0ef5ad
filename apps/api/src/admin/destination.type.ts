import { catalogue } from '@currents/schema';
import { Field, ObjectType } from 'type-graphql';
import { costs } from './costs.js';
import { JsonObject } from './base/scalars.js';

@ObjectType({ description: 'An event type that a destination supports.' })
export class SupportedEventType {
  @Field(() => String, { description: 'Name of the event type, such as users.messages.email.Open.' })
  eventTypeName!: string;

  @Field(() => String, {
    description: 'What such events are called at the destination, such as Email Open; for custom events, a prefix.',
  })
  eventName!: string;
}

@ObjectType({ description: 'A reason for which events are skipped, rejected or expire.' })
export class DestinationReason {
  @Field(() => String, { description: 'The code as counts and dead letters show it, such as duplicate.' })
  code!: string;

  @Field(() => String, { description: 'What the code means, in a sentence for people.' })
  description!: string;
}

@ObjectType({ description: 'A partner product that a Current can deliver events to.' })
export class Destination {
  @Field(() => String, { description: 'Name as createCurrent expects it, such as mixpanel.' })
  name!: string;

  @Field(() => String, { description: 'Name for people, such as Mixpanel.' })
  label!: string;

  @Field(() => JsonObject, {
    description: 'JSON Schema of the settings of a Current to this destination.',
    complexity: costs.document,
  })
  settingsSchema!: Readonly<Record<string, unknown>>;

  @Field(() => JsonObject, {
    description: 'JSON Schema of the credentials of a Current to this destination.',
    complexity: costs.document,
  })
  credentialsSchema!: Readonly<Record<string, unknown>>;

  @Field(() => [SupportedEventType], {
    description: 'The event types that the destination supports, in the order of the catalogue.',
    complexity: costs.list(catalogue.length),
  })
  supportedEventTypes!: SupportedEventType[];

  @Field(() => [DestinationReason], {
    description:
      'What the codes mean with which events are skipped, rejected or expire. Codes that the partner’s own API answers are not all known beforehand.',
    complexity: costs.list(20),
  })
  reasons!: DestinationReason[];
}
