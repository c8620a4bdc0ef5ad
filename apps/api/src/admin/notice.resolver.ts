import {
  findNoticeMutes,
  findNotices,
  listNoticeMutes,
  listNotices,
  muteNotices,
  sendTestNotice,
  unmuteNotices,
  type NoticeMuteView,
  type NoticeView,
} from '@currents/core';
import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { PageArgs } from './base/connection.js';
import type { AdminContext } from './base/context.js';
import { decodeId, isNodeName } from './base/ids.js';
import { Node, registerNode } from './base/node.js';
import { RequiresRole } from './base/role.js';
import { costs } from './costs.js';
import { Current } from './current.type.js';
import * as types from './notice.type.js';
import { Notice, NoticeConnection, NoticeFilter, NoticeMute } from './notice.type.js';
import { given } from './withoutNulls.js';

registerNode('Notice', findNotices);
registerNode('NoticeMute', findNoticeMutes);

const keyOf = (currentId: string | null | undefined): string | undefined =>
  typeof currentId === 'string' ? decodeId('Current', currentId, 'input.currentId') : undefined;

@Resolver(() => Notice)
export class NoticeResolver {
  @RequiresRole('viewer')
  @Query(() => NoticeConnection, {
    description: 'What people are to know about the hub and were sent, the newest first.',
    complexity: costs.page,
  })
  async notices(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => NoticeFilter, { nullable: true, description: 'Which notices to list.' })
    filter: NoticeFilter | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    const { currentId, ...rest } = given(filter) ?? {};
    const key = currentId === undefined ? undefined : decodeId('Current', currentId, 'filter.currentId');
    return listNotices(admin, page, { ...rest, currentId: key });
  }

  @FieldResolver(() => Node, { nullable: true })
  node(@Root() { subject }: NoticeView, @Ctx() { load }: AdminContext): unknown {
    // An event type is no node, and a later release may tell of what this one does not know.
    if (!subject || !isNodeName(subject.type)) return undefined;
    return load(subject.type, subject.key);
  }

  @RequiresRole('viewer')
  @Query(() => types.NoticeMuteConnection, {
    description: 'What is muted now, the newest first.',
    complexity: costs.page,
  })
  async noticeMutes(@Args(() => PageArgs) page: PageArgs, @Ctx() { admin }: AdminContext): Promise<unknown> {
    return listNoticeMutes(admin, page);
  }

  @RequiresRole('operator')
  @Mutation(() => types.MuteNoticesResult, {
    description:
      'Sends no notices of a Current, or none at all, until a time. What is still wrong when it ends is sent then. unmuteNotices undoes it.',
    complexity: costs.write,
  })
  async muteNotices(
    @Arg('input', () => types.MuteNoticesInput, { description: 'What to mute.' })
    { currentId, until }: types.MuteNoticesInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return muteNotices(admin, { currentId: keyOf(currentId), until });
  }

  @RequiresRole('operator')
  @Mutation(() => types.UnmuteNoticesResult, {
    description: 'Ends a mute at once; harmless where there is none. muteNotices undoes it.',
    complexity: costs.write,
  })
  async unmuteNotices(
    @Arg('input', () => types.UnmuteNoticesInput, { description: 'Which mute to end.' })
    { currentId }: types.UnmuteNoticesInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return unmuteNotices(admin, { currentId: keyOf(currentId) });
  }

  @RequiresRole('operator')
  @Mutation(() => types.SendTestNoticeResult, {
    description: 'Sends a notice to where those of a Current, or of the hub, go, muted or not.',
    complexity: costs.write,
  })
  async sendTestNotice(
    @Arg('input', () => types.SendTestNoticeInput, { description: 'Where to send it.' })
    { currentId }: types.SendTestNoticeInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return sendTestNotice(admin, { currentId: keyOf(currentId) });
  }
}

@Resolver(() => NoticeMute)
export class NoticeMuteResolver {
  @FieldResolver(() => Current, {
    nullable: true,
    description: 'The Current whose notices are muted; null when all notices of the hub are.',
    complexity: costs.read,
  })
  current(@Root() { currentId }: NoticeMuteView, @Ctx() { load }: AdminContext): unknown {
    return currentId === undefined ? undefined : load('Current', currentId);
  }
}
