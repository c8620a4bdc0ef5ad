import type { WebhookView } from '@currents/core';
import { createUnionType, Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { Problem, ProblemType } from './base/problem.js';
import { kindOf } from './base/kind.js';
import { NotConfirmed } from './problem.type.js';
import { Count, DateTime } from './base/scalars.js';

const states: { readonly [Name in WebhookView['state']]: Name } = {
  live: 'live',
  paused: 'paused',
  blocked: 'blocked',
};
registerEnumType(states, {
  name: 'SegmentWebhookState',
  description: 'Where a webhook stands.',
  valuesConfig: {
    live: { description: 'It is told of what happens.' },
    paused: {
      description: 'It is told nothing; what happens is kept for when it is resumed, for as long as changes are kept.',
    },
    blocked: {
      description:
        'Its receiver answered 401, 403, 404 or 410. What happens is kept for the retry window; it is asked again from time to time, and goes on by itself.',
    },
  },
});

@ObjectType({ description: 'Why a webhook waits, or why it is blocked.' })
export class SegmentWebhookTrouble {
  @Field(() => String, { description: 'Why, for machines, such as http_503 or timeout.' })
  code!: string;

  @Field(() => String, { description: 'Why, in a sentence.' })
  detail!: string;

  @Field(() => DateTime, { nullable: true, description: 'When it is told again; null when it is blocked.' })
  until?: Date;
}

@ObjectType({ description: 'Entries and exits that a webhook was not told of.' })
export class SegmentWebhookExpiry {
  @Field(() => ID, { description: 'Never changes.' })
  id!: string;

  @Field(() => Count, { description: 'How many.' })
  changes!: number;

  @Field(() => String, {
    description: 'Give it as after to segmentChanges to read them, for as long as they are kept.',
  })
  afterCursor!: string;

  @Field(() => String, { description: 'The cursor of the last of them.' })
  lastCursor!: string;

  @Field(() => String, { description: 'Why, for machines.' })
  code!: string;

  @Field(() => String, { description: 'Why, in a sentence.' })
  detail!: string;

  @Field(() => DateTime, { description: 'When they were given up.' })
  expiredAt!: Date;
}

@ObjectType({ description: 'Some expiries of a webhook, the newest first.' })
export class SegmentWebhookExpiryPage {
  @Field(() => [SegmentWebhookExpiry], { description: 'The expiries of this page.' })
  nodes!: SegmentWebhookExpiry[];

  @Field(() => String, { nullable: true, description: 'Give it as after to get the next page; null on the last one.' })
  nextCursor?: string;
}

@ObjectType({
  description:
    'Somebody who is told of a segment’s entries and exits, in order, each at least once. Every request is signed: Currents-Signature holds v1= ' +
    'and the HMAC-SHA256, in hexadecimal, of Currents-Timestamp, a full stop and the body. A request that is repeated has the same Currents-Delivery.',
})
export class SegmentWebhook {
  @Field(() => ID, { description: 'Never changes.' })
  id!: string;

  @Field(() => ID, { description: 'The segment.' })
  segmentId!: string;

  @Field(() => String, { description: 'Where requests go.' })
  url!: string;

  @Field(() => states, { description: 'Where it stands.' })
  state!: WebhookView['state'];

  @Field(() => DateTime, { description: 'Since when it is in this state.' })
  stateSince!: Date;

  @Field(() => SegmentWebhookTrouble, {
    nullable: true,
    description: 'Why it waits or is blocked; null when all is well.',
  })
  trouble?: SegmentWebhookTrouble;

  @Field(() => String, { description: 'It was told of everything up to here.' })
  changesCursor!: string;

  @Field(() => Count, { description: 'Entries and exits that it was told of.' })
  delivered!: number;

  @Field(() => Count, { description: 'Entries and exits that it has yet to be told of.' })
  pending!: number;

  @Field(() => Count, { description: 'Entries and exits that it did not take within the retry window: see expiries.' })
  expired!: number;

  @Field(() => SegmentWebhookExpiryPage, { description: 'What it was not told of, the latest first.' })
  expiries!: SegmentWebhookExpiryPage;

  @Field(() => DateTime, { nullable: true, description: 'When it last took something.' })
  lastDeliveredAt?: Date;

  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt!: Date;
}

@ObjectType({ description: 'Some webhooks, the newest first.' })
export class SegmentWebhookPage {
  @Field(() => [SegmentWebhook], { description: 'The webhooks of this page.' })
  nodes!: SegmentWebhook[];

  @Field(() => String, { nullable: true, description: 'Give it as after to get the next page; null on the last one.' })
  nextCursor?: string;
}

@ObjectType({ description: 'A webhook with a new secret.' })
export class SegmentWebhookSecretShown {
  @Field(() => String, { description: 'What requests are signed with: shown this once, and kept sealed.' })
  secret!: string;

  @Field(() => SegmentWebhook, { description: 'The webhook.' })
  webhook!: SegmentWebhook;
}

@ProblemType('There is no webhook with this id.')
export class SegmentWebhookNotFound extends Problem {}

@ProblemType('This cannot be done in the state that the webhook is in.')
export class SegmentWebhookWrongState extends Problem {
  @Field(() => states, { description: 'The state that it is in.' })
  state!: WebhookView['state'];
}

export const SegmentWebhookResult = createUnionType({
  name: 'SegmentWebhookResult',
  description: 'The webhook, or why there is none.',
  types: () => [SegmentWebhook, SegmentWebhookNotFound] as const,
  resolveType: kindOf,
});

export const MoveSegmentWebhookResult = createUnionType({
  name: 'MoveSegmentWebhookResult',
  description: 'The webhook in its new state, or why it is as it was.',
  types: () => [SegmentWebhook, SegmentWebhookNotFound, SegmentWebhookWrongState] as const,
  resolveType: kindOf,
});

export const RenewSegmentWebhookSecretResult = createUnionType({
  name: 'RenewSegmentWebhookSecretResult',
  description: 'The new secret, or why there is none.',
  types: () => [SegmentWebhookSecretShown, SegmentWebhookNotFound, NotConfirmed] as const,
  resolveType: kindOf,
});

export const DeleteSegmentWebhookResult = createUnionType({
  name: 'DeleteSegmentWebhookResult',
  description: 'The webhook as it was, or why it is not deleted.',
  types: () => [SegmentWebhook, SegmentWebhookNotFound, NotConfirmed] as const,
  resolveType: kindOf,
});
