import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { connectionOf } from './base/connection.js';
import { storedEnumOf } from './base/enum.js';
import { Node } from './base/node.js';
import { Problem, ProblemType, resultUnion } from './base/problem.js';
import { RequiresRole } from './base/role.js';
import { Count, DateTime } from './base/scalars.js';
import { InputInvalid, NotConfirmed } from './problem.type.js';

const NoticeWebhookState = storedEnumOf<'live' | 'blocked'>('NoticeWebhookState', 'Where a notice webhook stands.', {
  live: 'Notices are sent as they arise.',
  blocked:
    'The receiver answered 401, 403, 404 or 410. Notices wait for the retry window; the receiver is probed, and the webhook resumes by itself.',
});

@ObjectType({ description: 'Why a notice webhook is BLOCKED.' })
export class NoticeWebhookBlock {
  @Field(() => String, { description: 'Code of the reason, such as http_401 or secret_unreadable.' })
  code!: string;

  @Field(() => String, { description: 'The reason in a sentence.' })
  detail!: string;
}

@ObjectType({
  implements: Node,
  description:
    'A URL that receives every notice, each at least once. Requests are signed as Standard Webhooks (standardwebhooks.com) describes: ' +
    'webhook-signature is "v1," and the HMAC-SHA256, in base64, of webhook-id, webhook-timestamp and the body with full stops between them. ' +
    'The key is the secret after "whsec_", decoded from base64. While a former secret signs as well, there are two signatures, separated by a space. A repeated request has the same webhook-id.',
})
export class NoticeWebhook extends Node {
  @RequiresRole('operator')
  @Field(() => String, { description: 'Where requests are sent, such as "https://example.com/notices".' })
  url!: string;

  @Field(() => NoticeWebhookState, { description: 'Where it stands, such as LIVE.' })
  state!: string;

  @Field(() => DateTime, { description: 'Since when it is in this state.' })
  stateSince!: Date;

  @Field(() => NoticeWebhookBlock, { nullable: true, description: 'Why it is BLOCKED. Null in the state LIVE.' })
  block?: NoticeWebhookBlock;

  @Field(() => Count, { description: 'Number of notices that are still to be sent to it.' })
  pendingCount!: number;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'Until when requests are signed with the former secret as well, after its secret was replaced. Null when one secret signs.',
  })
  formerSecretUntil?: Date;

  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: Date;
}

export const NoticeWebhookConnection = connectionOf(NoticeWebhook, 'notice webhooks');

@InputType({ description: 'A notice webhook to create.' })
export class CreateNoticeWebhookInput {
  @Field(() => String, {
    description: 'Where requests are sent, such as "https://example.com/notices": up to 2,000 characters.',
  })
  url!: string;
}

@InputType({ description: 'A notice webhook and its new URL.' })
export class UpdateNoticeWebhookInput {
  @Field(() => ID, { description: 'Id of the notice webhook.' })
  id!: string;

  @Field(() => String, {
    description: 'Where requests are sent, such as "https://example.com/notices": up to 2,000 characters.',
  })
  url!: string;
}

@InputType({ description: 'Which notice webhook’s secret to replace.' })
export class RotateNoticeWebhookSecretInput {
  @Field(() => ID, { description: 'Id of the notice webhook.' })
  id!: string;

  @Field(() => String, { description: 'The webhook’s exact URL, to confirm.' })
  confirmUrl!: string;

  @Field(() => Int, {
    defaultValue: 24,
    description:
      'For how many hours requests are signed with the former secret as well, so that the receiver accepts them all while its secret is replaced: 0 to 720. 0: with the new one only, because the former one has leaked.',
  })
  overlapHours!: number;
}

@InputType({ description: 'Which notice webhook to test.' })
export class TestNoticeWebhookInput {
  @Field(() => ID, { description: 'Id of the notice webhook.' })
  id!: string;
}

@InputType({ description: 'Which notice webhook to delete.' })
export class DeleteNoticeWebhookInput {
  @Field(() => ID, { description: 'Id of the notice webhook.' })
  id!: string;

  @Field(() => Boolean, { defaultValue: true, description: 'True: delete nothing, and answer what would be deleted.' })
  dryRun!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'The webhook’s exact URL, to confirm. Needed unless dryRun is true.',
  })
  confirmUrl?: string | null;
}

@ObjectType({ description: 'The new notice webhook.' })
export class CreateNoticeWebhookPayload {
  @Field(() => String, { description: 'The secret that signs requests, such as "whsec_…". It is shown only once.' })
  secret!: string;

  @Field(() => NoticeWebhook, { description: 'The webhook, which receives notices from now on.' })
  noticeWebhook!: NoticeWebhook;
}

@ObjectType({ description: 'The notice webhook with its new URL.' })
export class UpdateNoticeWebhookPayload {
  @Field(() => NoticeWebhook, { description: 'The webhook, which is LIVE.' })
  noticeWebhook!: NoticeWebhook;
}

@ObjectType({ description: 'The notice webhook with its new secret.' })
export class RotateNoticeWebhookSecretPayload {
  @Field(() => String, { description: 'The secret that signs requests from now on. It is shown only once.' })
  secret!: string;

  @Field(() => NoticeWebhook, { description: 'The webhook, otherwise as before.' })
  noticeWebhook!: NoticeWebhook;
}

@ObjectType({ description: 'What the receiver of a notice webhook answered.' })
export class TestNoticeWebhookPayload {
  @Field(() => Boolean, { description: 'Whether the receiver accepted a request.' })
  hasPassed!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Code of the failure, such as http_503 or timeout; null when it has passed.',
  })
  code?: string;

  @Field(() => String, { nullable: true, description: 'The failure in a sentence; null when it has passed.' })
  detail?: string;

  @Field(() => NoticeWebhook, { description: 'The webhook: LIVE, if it was BLOCKED and has passed.' })
  noticeWebhook!: NoticeWebhook;
}

@ObjectType({ description: 'The deleted notice webhook.' })
export class DeleteNoticeWebhookPayload {
  @Field(() => NoticeWebhook, { description: 'The webhook as it was; its pendingCount notices are not sent to it.' })
  noticeWebhook!: NoticeWebhook;

  @Field(() => Boolean, { description: 'True if nothing was deleted, because dryRun was true.' })
  isDryRun!: boolean;
}

@ProblemType('No notice webhook has this id, or it is deleted.')
export class NoticeWebhookNotFound extends Problem {}

@ProblemType('There are as many notice webhooks as there may be: 10.', 'Delete one with deleteNoticeWebhook first.')
export class TooManyNoticeWebhooks extends Problem {}

export const NoticeWebhookResult = resultUnion('NoticeWebhookResult', 'The notice webhook, or a problem.', () => [
  NoticeWebhook,
  NoticeWebhookNotFound,
]);

export const CreateNoticeWebhookResult = resultUnion(
  'CreateNoticeWebhookResult',
  'The new notice webhook, or a problem.',
  () => [CreateNoticeWebhookPayload, InputInvalid, TooManyNoticeWebhooks],
);

export const UpdateNoticeWebhookResult = resultUnion(
  'UpdateNoticeWebhookResult',
  'The notice webhook with its new URL, or a problem.',
  () => [UpdateNoticeWebhookPayload, NoticeWebhookNotFound, InputInvalid],
);

export const RotateNoticeWebhookSecretResult = resultUnion(
  'RotateNoticeWebhookSecretResult',
  'The new secret, or a problem.',
  () => [RotateNoticeWebhookSecretPayload, NoticeWebhookNotFound, NotConfirmed, InputInvalid],
);

export const TestNoticeWebhookResult = resultUnion(
  'TestNoticeWebhookResult',
  'What the receiver answered, or a problem.',
  () => [TestNoticeWebhookPayload, NoticeWebhookNotFound],
);

export const DeleteNoticeWebhookResult = resultUnion(
  'DeleteNoticeWebhookResult',
  'The deleted notice webhook, or a problem.',
  () => [DeleteNoticeWebhookPayload, NoticeWebhookNotFound, NotConfirmed],
);
