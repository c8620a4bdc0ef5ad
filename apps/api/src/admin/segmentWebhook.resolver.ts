import {
  createWebhook,
  deleteWebhook,
  getWebhook,
  listWebhookExpiries,
  pauseWebhook,
  renewWebhookSecret,
  resumeWebhook,
} from '@currents/core';
import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { AdminContext } from './base/context.js';
import { costs } from './costs.js';
import { CreateSegmentWebhookResult } from './segment.type.js';
import {
  DeleteSegmentWebhookResult,
  MoveSegmentWebhookResult,
  RenewSegmentWebhookSecretResult,
  SegmentWebhook,
  SegmentWebhookExpiryPage,
  SegmentWebhookResult,
} from './segmentWebhook.type.js';

const ofWebhook = 'Id of the webhook.';
const itsUrl = 'Its URL, exactly, to confirm.';

@Resolver(() => SegmentWebhook)
export class SegmentWebhookResolver {
  @Query(() => SegmentWebhookResult, { description: 'One webhook.', complexity: costs.read })
  async segmentWebhook(
    @Arg('id', () => ID, { description: ofWebhook }) id: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return getWebhook(admin, id);
  }

  @FieldResolver(() => SegmentWebhookExpiryPage, {
    description: 'What it was not told of, the latest first.',
    complexity: costs.page,
  })
  async expiries(
    @Arg('first', () => Int, { defaultValue: 10, description: 'How many at most: 1 to 200.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'nextCursor of the page before.' })
    after: string | null | undefined,
    @Root() { id }: SegmentWebhook,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listWebhookExpiries(admin, id, { first, after: after ?? undefined });
  }

  @Mutation(() => CreateSegmentWebhookResult, {
    description:
      'Tells somebody of a segment’s entries and exits from now on. The secret is shown this once. To undo it, delete it.',
    complexity: costs.write,
  })
  async createSegmentWebhook(
    @Arg('segmentId', () => ID, { description: 'Id of the segment.' }) segmentId: string,
    @Arg('url', () => String, { description: 'Where requests go, such as https://example.com/segments.' }) url: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return createWebhook(admin, segmentId, url);
  }

  @Mutation(() => RenewSegmentWebhookSecretResult, {
    description: 'Signs requests with another secret from now on. Cannot be undone: the former one is gone.',
    complexity: costs.write,
  })
  async renewSegmentWebhookSecret(
    @Arg('id', () => ID, { description: ofWebhook }) id: string,
    @Arg('confirmUrl', () => String, { description: itsUrl }) confirmUrl: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return renewWebhookSecret(admin, id, confirmUrl);
  }

  @Mutation(() => MoveSegmentWebhookResult, {
    description: 'Tells a webhook nothing more for a while; what happens is kept. resumeSegmentWebhook undoes it.',
    complexity: costs.write,
  })
  async pauseSegmentWebhook(
    @Arg('id', () => ID, { description: ofWebhook }) id: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return pauseWebhook(admin, id);
  }

  @Mutation(() => MoveSegmentWebhookResult, {
    description:
      'Makes a paused or blocked webhook live again: what was kept is told first, with a retry window that begins anew. pauseSegmentWebhook undoes it.',
    complexity: costs.write,
  })
  async resumeSegmentWebhook(
    @Arg('id', () => ID, { description: ofWebhook }) id: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return resumeWebhook(admin, id);
  }

  @Mutation(() => DeleteSegmentWebhookResult, {
    description: 'Ends a webhook for good. Cannot be undone: its secret is wiped, and what is pending is not told.',
    complexity: costs.write,
  })
  async deleteSegmentWebhook(
    @Arg('id', () => ID, { description: ofWebhook }) id: string,
    @Arg('confirmUrl', () => String, { description: itsUrl }) confirmUrl: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return deleteWebhook(admin, id, confirmUrl);
  }
}
