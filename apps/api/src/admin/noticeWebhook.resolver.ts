import {
  createNoticeWebhook,
  deleteNoticeWebhook,
  findNoticeWebhooks,
  getNoticeWebhook,
  listNoticeWebhooks,
  rotateNoticeWebhookSecret,
  testNoticeWebhook,
  updateNoticeWebhook,
} from '@currents/core';
import { Arg, Args, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { PageArgs } from './base/connection.js';
import type { AdminContext } from './base/context.js';
import { decodeId } from './base/ids.js';
import { registerNode } from './base/node.js';
import { RequiresRole } from './base/role.js';
import { costs } from './costs.js';
import * as types from './noticeWebhook.type.js';
import { NoticeWebhook } from './noticeWebhook.type.js';

registerNode('NoticeWebhook', findNoticeWebhooks);

const keyOf = (id: string): string => decodeId('NoticeWebhook', id, 'input.id');

@Resolver(() => NoticeWebhook)
export class NoticeWebhookResolver {
  @RequiresRole('viewer')
  @Query(() => types.NoticeWebhookResult, { description: 'One notice webhook.', complexity: costs.read })
  async noticeWebhook(
    @Arg('id', () => ID, { description: 'Id of the notice webhook, such as "nwh_1".' }) id: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return getNoticeWebhook(admin, decodeId('NoticeWebhook', id, 'id'));
  }

  @RequiresRole('viewer')
  @Query(() => types.NoticeWebhookConnection, {
    description: 'The receivers of all notices, the newest first.',
    complexity: costs.page,
  })
  async noticeWebhooks(@Args(() => PageArgs) page: PageArgs, @Ctx() { admin }: AdminContext): Promise<unknown> {
    return listNoticeWebhooks(admin, page);
  }

  @RequiresRole('operator')
  @Mutation(() => types.CreateNoticeWebhookResult, {
    description: 'Sends every notice from now on to a URL. deleteNoticeWebhook undoes it.',
    complexity: costs.write,
  })
  async createNoticeWebhook(
    @Arg('input', () => types.CreateNoticeWebhookInput, { description: 'The new notice webhook.' })
    { url }: types.CreateNoticeWebhookInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return createNoticeWebhook(admin, url);
  }

  @RequiresRole('operator')
  @Mutation(() => types.UpdateNoticeWebhookResult, {
    description:
      'Sends notices to another URL, what is pending too. A blocked webhook is live again. To undo it, update it with the former URL.',
    complexity: costs.write,
  })
  async updateNoticeWebhook(
    @Arg('input', () => types.UpdateNoticeWebhookInput, { description: 'The notice webhook and its new URL.' })
    { id, url }: types.UpdateNoticeWebhookInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return updateNoticeWebhook(admin, keyOf(id), url);
  }

  @RequiresRole('admin')
  @Mutation(() => types.RotateNoticeWebhookSecretResult, {
    description:
      'Signs requests with a new secret from now on, and for overlapHours with the former one as well. Cannot be undone: the former secret is lost then.',
    complexity: costs.write,
  })
  async rotateNoticeWebhookSecret(
    @Arg('input', () => types.RotateNoticeWebhookSecretInput, { description: 'Which notice webhook.' })
    { id, confirmUrl, overlapHours }: types.RotateNoticeWebhookSecretInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return rotateNoticeWebhookSecret(admin, keyOf(id), { confirmUrl, overlapHours });
  }

  @RequiresRole('operator')
  @Mutation(() => types.TestNoticeWebhookResult, {
    description:
      'Sends a signed request without a notice, now, and answers what came of it. A blocked webhook that passes is live again.',
    complexity: costs.call,
  })
  async testNoticeWebhook(
    @Arg('input', () => types.TestNoticeWebhookInput, { description: 'Which notice webhook.' })
    { id }: types.TestNoticeWebhookInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return testNoticeWebhook(admin, keyOf(id));
  }

  @RequiresRole('admin')
  @Mutation(() => types.DeleteNoticeWebhookResult, {
    description:
      'Deletes a notice webhook and its secret; plans only, unless dryRun is false. Cannot be undone: pending notices are not sent to it.',
    complexity: costs.write,
  })
  async deleteNoticeWebhook(
    @Arg('input', () => types.DeleteNoticeWebhookInput, { description: 'Which notice webhook to delete.' })
    { id, dryRun, confirmUrl }: types.DeleteNoticeWebhookInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return deleteNoticeWebhook(admin, keyOf(id), { isDryRun: dryRun, confirmUrl: confirmUrl ?? undefined });
  }
}
