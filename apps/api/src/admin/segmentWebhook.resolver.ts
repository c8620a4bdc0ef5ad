import {
  createWebhook,
  deleteWebhook,
  findWebhookExpiries,
  findWebhooks,
  getWebhook,
  listWebhookExpiries,
  pauseWebhook,
  resumeWebhook,
  rotateWebhookSecret,
  type WebhookExpiry,
  type WebhookView,
} from '@currents/core';
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import { PageArgs } from './base/connection.js';
import type { AdminContext } from './base/context.js';
import { decodeId } from './base/ids.js';
import { registerNode } from './base/node.js';
import { RequiresRole } from './base/role.js';
import { costs } from './costs.js';
import { Segment } from './segment.type.js';
import * as inputs from './segmentWebhook.input.js';
import * as types from './segmentWebhook.type.js';
import { SegmentWebhook, SegmentWebhookExpiry } from './segmentWebhook.type.js';

registerNode('SegmentWebhook', findWebhooks);
registerNode('SegmentWebhookExpiry', findWebhookExpiries);

const keyOf = (id: string): string => decodeId('SegmentWebhook', id, 'input.id');

@Resolver(() => SegmentWebhook)
export class SegmentWebhookResolver {
  @RequiresRole('viewer')
  @Query(() => types.SegmentWebhookResult, { description: 'One webhook of a segment.', complexity: costs.read })
  async segmentWebhook(
    @Arg('id', () => ID, { description: 'Id of the webhook.' }) id: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return getWebhook(admin, decodeId('SegmentWebhook', id, 'id'));
  }

  @FieldResolver(() => Segment, {
    nullable: true,
    description: 'The segment whose changes are sent.',
    complexity: costs.read,
  })
  async segment(@Root() { segmentId }: WebhookView, @Ctx() { load }: AdminContext): Promise<unknown> {
    return load('Segment', segmentId);
  }

  @FieldResolver(() => types.SegmentWebhookExpiryConnection, {
    description: 'Changes that expired undelivered, the newest first.',
    complexity: costs.page,
  })
  async expiries(
    @Args(() => PageArgs) page: PageArgs,
    @Root() { id }: WebhookView,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listWebhookExpiries(admin, id, page);
  }

  @RequiresRole('operator')
  @Mutation(() => types.CreateSegmentWebhookResult, {
    description: 'Sends a segment’s changes from now on to a URL. deleteSegmentWebhook undoes it.',
    complexity: costs.write,
  })
  async createSegmentWebhook(
    @Arg('input', () => inputs.CreateSegmentWebhookInput, { description: 'The new webhook.' })
    { segmentId, url }: inputs.CreateSegmentWebhookInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return createWebhook(admin, decodeId('Segment', segmentId, 'input.segmentId'), url);
  }

  @RequiresRole('admin')
  @Mutation(() => types.RotateSegmentWebhookSecretResult, {
    description:
      'Signs requests with a new secret from now on, and for overlapHours with the former one as well. Cannot be undone: the former secret is lost then.',
    complexity: costs.write,
  })
  async rotateSegmentWebhookSecret(
    @Arg('input', () => inputs.RotateSegmentWebhookSecretInput, { description: 'Which webhook.' })
    { id, confirmUrl, overlapHours }: inputs.RotateSegmentWebhookSecretInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return rotateWebhookSecret(admin, keyOf(id), { confirmUrl, overlapHours });
  }

  @RequiresRole('operator')
  @Mutation(() => types.PauseSegmentWebhookResult, {
    description:
      'Pauses a webhook. Changes are kept for it. Pausing a paused webhook answers with the webhook. resumeSegmentWebhook undoes it.',
    complexity: costs.write,
  })
  async pauseSegmentWebhook(
    @Arg('input', () => inputs.PauseSegmentWebhookInput, { description: 'Which webhook.' })
    { id }: inputs.PauseSegmentWebhookInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return pauseWebhook(admin, keyOf(id));
  }

  @RequiresRole('operator')
  @Mutation(() => types.ResumeSegmentWebhookResult, {
    description:
      'Resumes a paused or blocked webhook: pending changes first, in a new retry window. Resuming a live webhook answers with the webhook. pauseSegmentWebhook undoes it.',
    complexity: costs.write,
  })
  async resumeSegmentWebhook(
    @Arg('input', () => inputs.ResumeSegmentWebhookInput, { description: 'Which webhook.' })
    { id }: inputs.ResumeSegmentWebhookInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return resumeWebhook(admin, keyOf(id));
  }

  @RequiresRole('admin')
  @Mutation(() => types.DeleteSegmentWebhookResult, {
    description:
      'Deletes a webhook and its secret; plans only, unless dryRun is false. Cannot be undone: pending changes are not delivered.',
    complexity: costs.write,
  })
  async deleteSegmentWebhook(
    @Arg('input', () => inputs.DeleteSegmentWebhookInput, { description: 'Which webhook to delete.' })
    { id, dryRun, confirmUrl }: inputs.DeleteSegmentWebhookInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return deleteWebhook(admin, keyOf(id), { isDryRun: dryRun, confirmUrl: confirmUrl ?? undefined });
  }
}

@Resolver(() => SegmentWebhookExpiry)
export class SegmentWebhookExpiryResolver {
  @FieldResolver(() => SegmentWebhook, {
    nullable: true,
    description: 'The webhook. Null if it is deleted.',
    complexity: costs.read,
  })
  async webhook(@Root() { webhookId }: WebhookExpiry, @Ctx() { load }: AdminContext): Promise<unknown> {
    return load('SegmentWebhook', webhookId);
  }
}
