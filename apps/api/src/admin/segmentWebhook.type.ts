import type { WebhookAction, WebhookState } from '@currents/core';
import { Field, ObjectType } from 'type-graphql';
import { connectionOf } from './base/connection.js';
import { enumOf, storedEnumOf } from './base/enum.js';
import { Node } from './base/node.js';
import { Problem, ProblemType, resultUnion } from './base/problem.js';
import { Count, DateTime } from './base/scalars.js';
import { RequiresRole } from './base/role.js';
import { InputInvalid, NotConfirmed } from './problem.type.js';
import { SegmentNotFound } from './segment.type.js';

const SegmentWebhookState = storedEnumOf<WebhookState>('SegmentWebhookState', 'Where a webhook stands.', {
  live: 'Changes are sent as they happen.',
  paused: 'Nothing is sent. Changes are kept until it is resumed, for as long as they are stored.',
  blocked:
    'The receiver answered 401, 403, 404 or 410. Changes are kept for the retry window; the receiver is probed, and the webhook resumes by itself.',
});

const SegmentWebhookAction = enumOf<WebhookAction>('SegmentWebhookAction', 'What can be done to a webhook.', {
  pause: 'Pause it with pauseSegmentWebhook.',
  resume: 'Resume it with resumeSegmentWebhook.',
  rotate_secret: 'Replace its secret with rotateSegmentWebhookSecret.',
  delete: 'Delete it with deleteSegmentWebhook.',
});

@ObjectType({ description: 'Why the next request of a webhook waits.' })
export class SegmentWebhookDeferral {
  @Field(() => DateTime, { description: 'When the request is tried again.' })
  until!: Date;

  @Field(() => String, { description: 'Code of the reason, such as http_503 or timeout.' })
  code!: string;

  @Field(() => String, { description: 'The reason in a sentence.' })
  detail!: string;
}

@ObjectType({ description: 'Why a webhook is BLOCKED.' })
export class SegmentWebhookBlock {
  @Field(() => String, { description: 'Code of the reason, such as http_401 or secret_unreadable.' })
  code!: string;

  @Field(() => String, { description: 'The reason in a sentence.' })
  detail!: string;
}

@ObjectType({
  implements: Node,
  description: 'Changes that were not delivered to a webhook within the retry window or their retention.',
})
export class SegmentWebhookExpiry extends Node {
  @Field(() => Count, { description: 'Number of changes.' })
  changeCount!: number;

  @Field(() => String, {
    description: 'Pass it as after to segmentChanges to read the changes, for as long as they are stored.',
  })
  afterCursor!: string;

  @Field(() => String, { description: 'Cursor of the last of the changes.' })
  lastCursor!: string;

  @Field(() => String, { description: 'Code of the reason, such as http_503 or retention.' })
  code!: string;

  @Field(() => String, { description: 'The reason in a sentence.' })
  detail!: string;

  @Field(() => DateTime, { description: 'When they expired.' })
  expiredAt!: Date;
}

export const SegmentWebhookExpiryConnection = connectionOf(SegmentWebhookExpiry, 'expiries');

@ObjectType({
  implements: Node,
  description:
    'A URL that receives a segment’s changes, in order, each at least once. Every request is signed: Currents-Signature is "v1=" ' +
    'and the HMAC-SHA256, in hexadecimal, of Currents-Timestamp, a full stop and the body. While a former secret signs as well, there are two signatures, separated by a space. A repeated request has the same Currents-Delivery.',
})
export class SegmentWebhook extends Node {
  @RequiresRole('operator')
  @Field(() => String, { description: 'Where requests are sent, such as "https://example.com/segments".' })
  url!: string;

  @Field(() => SegmentWebhookState, { description: 'Where it stands.' })
  state!: WebhookState;

  @Field(() => DateTime, { description: 'Since when it is in this state.' })
  stateSince!: Date;

  @Field(() => [SegmentWebhookAction], { description: 'What can be done to it in this state.' })
  allowedActions!: WebhookAction[];

  @Field(() => SegmentWebhookDeferral, {
    nullable: true,
    description: 'Why the next request waits. Null if it does not.',
  })
  deferral?: SegmentWebhookDeferral;

  @Field(() => SegmentWebhookBlock, { nullable: true, description: 'Why it is BLOCKED. Null in other states.' })
  block?: SegmentWebhookBlock;

  @Field(() => String, { description: 'Cursor of the last change that is delivered or expired.' })
  changesCursor!: string;

  @Field(() => Count, { description: 'Number of changes delivered.' })
  deliveredCount!: number;

  @Field(() => Count, { description: 'Number of changes still to be delivered.' })
  pendingCount!: number;

  @Field(() => Count, { description: 'Number of changes that expired undelivered: see expiries.' })
  expiredCount!: number;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'Until when requests are signed with the former secret as well, after its secret was replaced. Null when one secret signs.',
  })
  formerSecretUntil?: Date;

  @Field(() => DateTime, { nullable: true, description: 'When the receiver last accepted a request. Null if never.' })
  lastDeliveredAt?: Date;

  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: Date;
}

export const SegmentWebhookConnection = connectionOf(SegmentWebhook, 'webhooks');

@ObjectType({ description: 'The new webhook.' })
export class CreateSegmentWebhookPayload {
  @Field(() => String, { description: 'The secret that signs requests. It is shown only once.' })
  secret!: string;

  @Field(() => SegmentWebhook, { description: 'The webhook, which receives changes from now on.' })
  segmentWebhook!: SegmentWebhook;
}

@ObjectType({ description: 'The webhook with its new secret.' })
export class RotateSegmentWebhookSecretPayload {
  @Field(() => String, { description: 'The secret that signs requests from now on. It is shown only once.' })
  secret!: string;

  @Field(() => SegmentWebhook, { description: 'The webhook, otherwise as before.' })
  segmentWebhook!: SegmentWebhook;
}

@ObjectType({ description: 'The paused webhook.' })
export class PauseSegmentWebhookPayload {
  @Field(() => SegmentWebhook, { description: 'The webhook, which is PAUSED.' })
  segmentWebhook!: SegmentWebhook;
}

@ObjectType({ description: 'The resumed webhook.' })
export class ResumeSegmentWebhookPayload {
  @Field(() => SegmentWebhook, { description: 'The webhook, which is LIVE.' })
  segmentWebhook!: SegmentWebhook;
}

@ObjectType({ description: 'The deleted webhook.' })
export class DeleteSegmentWebhookPayload {
  @Field(() => SegmentWebhook, { description: 'The webhook as it was; its pendingCount changes are not delivered.' })
  segmentWebhook!: SegmentWebhook;

  @Field(() => Boolean, { description: 'True if nothing was deleted, because dryRun was true.' })
  isDryRun!: boolean;
}

@ProblemType('No webhook has this id, or it is deleted.')
export class SegmentWebhookNotFound extends Problem {}

export const SegmentWebhookResult = resultUnion('SegmentWebhookResult', 'The webhook, or a problem.', () => [
  SegmentWebhook,
  SegmentWebhookNotFound,
]);

export const CreateSegmentWebhookResult = resultUnion(
  'CreateSegmentWebhookResult',
  'The new webhook, or a problem.',
  () => [CreateSegmentWebhookPayload, SegmentNotFound, InputInvalid],
);

export const RotateSegmentWebhookSecretResult = resultUnion(
  'RotateSegmentWebhookSecretResult',
  'The new secret, or a problem.',
  () => [RotateSegmentWebhookSecretPayload, SegmentWebhookNotFound, NotConfirmed, InputInvalid],
);

export const PauseSegmentWebhookResult = resultUnion(
  'PauseSegmentWebhookResult',
  'The paused webhook, or a problem.',
  () => [PauseSegmentWebhookPayload, SegmentWebhookNotFound],
);

export const ResumeSegmentWebhookResult = resultUnion(
  'ResumeSegmentWebhookResult',
  'The resumed webhook, or a problem.',
  () => [ResumeSegmentWebhookPayload, SegmentWebhookNotFound],
);

export const DeleteSegmentWebhookResult = resultUnion(
  'DeleteSegmentWebhookResult',
  'The deleted webhook, or a problem.',
  () => [DeleteSegmentWebhookPayload, SegmentWebhookNotFound, NotConfirmed],
);
