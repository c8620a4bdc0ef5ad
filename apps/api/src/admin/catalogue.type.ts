import { Field, ObjectType } from 'type-graphql';

@ObjectType({ description: 'A destination that takes an event type.' })
export class TakenBy {
  @Field(() => String, { description: 'Name of the destination.' })
  destination!: string;

  @Field(() => String, {
    description: 'What the destination calls such events; of custom events, what their name begins with there.',
  })
  name!: string;
}

@ObjectType({ description: 'Something that events of a type may say.' })
export class EventProperty {
  @Field(() => String, { description: 'Its name in properties of the event.' })
  name!: string;

  @Field(() => String, { description: 'string, boolean, int, long, float, string[] or object.' })
  type!: string;

  @Field(() => Boolean, { description: 'Whether it may be missing.' })
  nullable!: boolean;

  @Field(() => String, { description: 'What it says.' })
  description!: string;

  @Field(() => Boolean, { description: 'Whether the platform advises against reading it.' })
  deprecated!: boolean;

  @Field(() => Boolean, {
    description: 'Whether it says something about the person: an address, a number, words they wrote.',
  })
  personal!: boolean;
}

@ObjectType({ description: 'A kind of event: what an admin ticks.' })
export class EventType {
  @Field(() => String, { description: 'What a selection calls it, such as users.messages.email.Open.' })
  name!: string;

  @Field(() => String, { description: 'What people read, such as Email Open.' })
  title!: string;

  @Field(() => String, { description: 'When such an event happens.' })
  description!: string;

  @Field(() => Boolean, { description: 'Whether the platform sends it no more, or soon will not.' })
  deprecated!: boolean;

  @Field(() => [TakenBy], { description: 'The destinations that take it; a Current to any other leaves it out.' })
  takenBy!: TakenBy[];

  @Field(() => [EventProperty], { description: 'What such events may say.' })
  properties!: EventProperty[];
}

@ObjectType({ description: 'Event types of one channel: one tick selects them all, now and later.' })
export class EventChannel {
  @Field(() => String, { description: 'What a selection calls it, such as message/email.' })
  key!: string;

  @Field(() => String, { description: 'What people read.' })
  label!: string;

  @Field(() => String, { description: 'What it holds.' })
  description!: string;

  @Field(() => [EventType], { description: 'Its event types.' })
  eventTypes!: EventType[];
}

@ObjectType({ description: 'Channels that belong together: one tick selects all their event types, now and later.' })
export class EventGroup {
  @Field(() => String, { description: 'What a selection calls it, such as message.' })
  group!: string;

  @Field(() => String, { description: 'What people read.' })
  label!: string;

  @Field(() => String, { description: 'What it holds.' })
  description!: string;

  @Field(() => [EventChannel], { description: 'Its channels.' })
  channels!: EventChannel[];
}
