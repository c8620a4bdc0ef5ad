import { listAuditEntries } from '@currents/core';
import { Arg, Ctx, ID, Int, Query, Resolver } from 'type-graphql';
import type { AdminContext } from './base/context.js';
import { costs } from './costs.js';
import { DeedPage } from './auditLog.type.js';

@Resolver()
export class DeedResolver {
  @Query(() => DeedPage, { description: 'What admins did, the newest first.', complexity: costs.page })
  async deeds(
    @Arg('first', () => Int, { defaultValue: 50, description: 'How many at most: 1 to 200.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'nextCursor of the page before.' })
    after: string | null | undefined,
    @Arg('deed', () => String, { nullable: true, description: 'Of this mutation only, such as changeSegment.' })
    deed: string | null | undefined,
    @Arg('subjectId', () => ID, {
      nullable: true,
      description: 'Done to what has this id only; with deed, for ids are counted apart.',
    })
    subjectId: string | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listAuditEntries(
      admin,
      { first, after: after ?? undefined },
      { deed: deed ?? undefined, subjectId: subjectId ?? undefined },
    );
  }
}
