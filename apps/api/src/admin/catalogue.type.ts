import { catalogue, channels, groups } from '@currents/schema';
import { Field, ObjectType } from 'type-graphql';
import { costs } from './costs.js';

const propertyCount = catalogue.reduce((sum, { properties }) => sum + properties.length, 0);

@ObjectType({ description: 'A destination that supports an event type.' })
export class EventTypeDestination {
  @Field(() => String, { description: 'Name of the destination, such as mixpanel.' })
  destinationName!: string;

  @Field(() => String, {
    description: 'What such events are called at the destination, such as Email Open; for custom events, a prefix.',
  })
  eventName!: string;
}

@ObjectType({ description: 'A property that events of a type may carry.' })
export class EventProperty {
  @Field(() => String, { description: 'Name of the property in the properties of an event, such as campaign_id.' })
  name!: string;

  @Field(() => String, { description: 'Type of the value: string, boolean, int, long, float, string[] or object.' })
  type!: string;

  @Field(() => Boolean, { description: 'Whether the property may be missing or null.' })
  isNullable!: boolean;

  @Field(() => String, { description: 'What the property means, in a sentence for people.' })
  description!: string;

  @Field(() => Boolean, { description: 'Whether the platform advises against using the property.' })
  isDeprecated!: boolean;

  @Field(() => Boolean, {
    description: 'Whether the value is personal data, such as an address, a phone number or words that a user wrote.',
  })
  isPersonal!: boolean;
}

@ObjectType({ description: 'A kind of event, which a Current can select.' })
export class EventType {
  @Field(() => String, { description: 'Name as a selection expects it, such as users.messages.email.Open.' })
  name!: string;

  @Field(() => String, { description: 'Name for people, such as Email Open.' })
  title!: string;

  @Field(() => String, { description: 'When such an event happens, in a sentence for people.' })
  description!: string;

  @Field(() => Boolean, { description: 'Whether the platform has stopped sending such events, or is going to.' })
  isDeprecated!: boolean;

  @Field(() => [EventTypeDestination], {
    description: 'The destinations that support the event type. A Current to another one does not send such events.',
  })
  destinations!: EventTypeDestination[];

  @Field(() => [EventProperty], {
    description: 'The properties that such events may carry.',
    complexity: costs.list(propertyCount / catalogue.length),
  })
  properties!: EventProperty[];
}

@ObjectType({ description: 'The event types of one channel. Selecting the channel selects them all, now and later.' })
export class EventChannel {
  @Field(() => String, { description: 'Key as a selection expects it, such as message/email.' })
  key!: string;

  @Field(() => String, { description: 'Name for people, such as Email.' })
  label!: string;

  @Field(() => String, { description: 'What the channel holds, in a sentence for people.' })
  description!: string;

  @Field(() => [EventType], {
    description: 'The event types of the channel.',
    complexity: costs.list(catalogue.length / channels.length),
  })
  eventTypes!: EventType[];
}

@ObjectType({
  description: 'Channels that belong together. Selecting the group selects all their event types, now and later.',
})
export class EventGroup {
  @Field(() => String, { description: 'Name as a selection expects it, such as message.' })
  name!: string;

  @Field(() => String, { description: 'Name for people, such as Message engagement.' })
  label!: string;

  @Field(() => String, { description: 'What the group holds, in a sentence for people.' })
  description!: string;

  @Field(() => [EventChannel], {
    description: 'The channels of the group.',
    complexity: costs.list(channels.length / groups.length),
  })
  channels!: EventChannel[];
}
