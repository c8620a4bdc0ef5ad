import type { DeadOutcome as DeadOutcomeName } from '@currents/core';
import { createUnionType, Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { kindOf } from './base/kind.js';
import { CurrentNotFound, WrongState } from './problem.type.js';
import { Count, DateTime, JsonObject } from './base/scalars.js';

export const DeadOutcome: { readonly [Name in DeadOutcomeName]: Name } = { rejected: 'rejected', expired: 'expired' };
registerEnumType(DeadOutcome, {
  name: 'DeadOutcome',
  description: 'How an event ended that was not delivered.',
  valuesConfig: {
    rejected: { description: 'The destination will never take it as it is.' },
    expired: { description: 'It could not be delivered within the retry window.' },
  },
});

@ObjectType({ description: 'An event that a Current will not deliver any more, and why.' })
export class DeadLetter {
  @Field(() => ID, { description: 'Never changes.' })
  id!: string;

  @Field(() => ID, { description: 'The Current.' })
  currentId!: string;

  @Field(() => String, { nullable: true, description: 'Id of the event.' })
  eventId?: string;

  @Field(() => String, { nullable: true, description: 'Type of the event.' })
  eventType?: string;

  @Field(() => JsonObject, {
    nullable: true,
    description: 'The event as it was stored; null when its day has just been forgotten.',
  })
  event?: Readonly<Record<string, unknown>>;

  @Field(() => DeadOutcome, { description: 'How it ended.' })
  outcome!: DeadOutcomeName;

  @Field(() => String, { description: 'Why, for machines: see the reasons of the destination.' })
  code!: string;

  @Field(() => String, { description: 'Why, in a sentence.' })
  detail!: string;

  @Field(() => Int, { description: 'How often it was tried.' })
  attempts!: number;

  @Field(() => DateTime, { description: 'When it ended.' })
  recordedAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When it was replayed.' })
  replayedAt?: Date;
}

@ObjectType({ description: 'Some dead letters, the newest first.' })
export class DeadLetterPage {
  @Field(() => [DeadLetter], { description: 'The dead letters of this page.' })
  nodes!: DeadLetter[];

  @Field(() => String, { nullable: true, description: 'Give it as after to get the next page; null on the last one.' })
  nextCursor?: string;
}

@ObjectType({ description: 'How many dead letters have one code.' })
export class DeadLetterCount {
  @Field(() => DeadOutcome, { description: 'How they ended.' })
  outcome!: DeadOutcomeName;

  @Field(() => String, { description: 'Why, for machines.' })
  code!: string;

  @Field(() => Count, { description: 'How many events.' })
  events!: number;

  @Field(() => Count, { description: 'Of these, how many were replayed.' })
  replayed!: number;
}

@InputType({ description: 'Which of a Current’s dead letters to replay. What is left out restricts nothing.' })
export class ReplayFilter {
  @Field(() => DeadOutcome, { nullable: true, description: 'That ended so.' })
  outcome?: DeadOutcomeName | null;

  @Field(() => String, { nullable: true, description: 'For this reason.' })
  code?: string | null;

  @Field(() => DateTime, { nullable: true, description: 'That ended then or later.' })
  from?: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'That ended earlier than that.' })
  to?: Date | null;
}

@InputType({ description: 'Which dead letters. What is left out restricts nothing.' })
export class DeadLetterFilter extends ReplayFilter {
  @Field(() => Boolean, { nullable: true, description: 'true: only replayed ones; false: only the others.' })
  replayed?: boolean | null;
}

@ObjectType({ description: 'What a replay would do. Nothing is done yet.' })
export class ReplayPlanned {
  @Field(() => Count, { description: 'Events that would be replayed.' })
  events!: number;
}

@ObjectType({ description: 'Events are on their way again.' })
export class Replayed {
  @Field(() => Count, { description: 'Events that are replayed.' })
  events!: number;

  @Field(() => Count, { description: 'Deliveries made for them.' })
  deliveries!: number;
}

export const ReplayResult = createUnionType({
  name: 'ReplayResult',
  description: 'What a replay would do, or has done, or why it did nothing.',
  types: () => [ReplayPlanned, Replayed, CurrentNotFound, WrongState] as const,
  resolveType: kindOf,
});
