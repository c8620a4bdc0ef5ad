import { findAuditEntries, listAuditEntries, type AuditEntry as EntryView } from '@currents/core';
import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { AuditActor, AuditEntry, AuditEntryConnection, AuditLogFilter } from './auditLog.type.js';
import { PageArgs } from './base/connection.js';
import type { AdminContext } from './base/context.js';
import { parseId } from './base/ids.js';
import { Node, registerNode } from './base/node.js';
import { RequiresRole } from './base/role.js';
import { costs } from './costs.js';
import { given } from './withoutNulls.js';

registerNode('AuditEntry', findAuditEntries);

@Resolver(() => AuditEntry)
export class AuditLogResolver {
  @RequiresRole('viewer')
  @Query(() => AuditEntryConnection, {
    description: 'What was done through this API, the newest first.',
    complexity: costs.page,
  })
  async auditLog(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => AuditLogFilter, { nullable: true, description: 'Which entries to list.' })
    filter: AuditLogFilter | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listAuditEntries(admin, page, given(filter));
  }

  @FieldResolver(() => AuditActor)
  async actor(@Root() { actor, adminTokenId }: EntryView, @Ctx() { load }: AdminContext): Promise<object> {
    const adminToken = adminTokenId === undefined ? undefined : await load('AdminToken', adminTokenId);
    return { kind: actor, adminToken };
  }

  @FieldResolver(() => Node, { nullable: true, complexity: costs.read })
  target(@Root() { targetId }: EntryView, @Ctx() { load }: AdminContext): unknown {
    const target = targetId === undefined ? undefined : parseId(targetId);
    return target && load(target.name, target.key);
  }
}
