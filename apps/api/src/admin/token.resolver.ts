import {
  createAdminToken,
  createIngestToken,
  findAdminTokens,
  findIngestTokens,
  listAdminTokens,
  listIngestTokens,
  revokeAdminToken,
  revokeIngestToken,
  updateIngestToken,
  type AdminTokenView,
  type IngestTokenView,
} from '@currents/core';
import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { PageArgs } from './base/connection.js';
import type { AdminContext } from './base/context.js';
import { decodeId } from './base/ids.js';
import { registerNode } from './base/node.js';
import { RequiresRole } from './base/role.js';
import { costs } from './costs.js';
import {
  AdminToken,
  AdminTokenConnection,
  CreateAdminTokenInput,
  CreateAdminTokenResult,
  CreateIngestTokenInput,
  CreateIngestTokenResult,
  IngestToken,
  IngestTokenConnection,
  RevokeAdminTokenInput,
  RevokeAdminTokenResult,
  RevokeIngestTokenInput,
  RevokeIngestTokenResult,
  UpdateIngestTokenInput,
  UpdateIngestTokenResult,
} from './token.type.js';

registerNode('IngestToken', findIngestTokens);
registerNode('AdminToken', findAdminTokens);

@Resolver(() => IngestToken)
export class IngestTokenResolver {
  @RequiresRole('viewer')
  @Query(() => IngestTokenConnection, { description: 'Ingest tokens, the newest first.', complexity: costs.page })
  async ingestTokens(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('includeRevoked', () => Boolean, {
      defaultValue: false,
      description: 'Whether to list revoked tokens too; false by default.',
    })
    includeRevoked: boolean,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listIngestTokens(admin, page, { includeRevoked });
  }

  @FieldResolver(() => Boolean)
  isValid(@Root() { revokedAt }: IngestTokenView): boolean {
    return revokedAt === undefined;
  }

  @RequiresRole('admin')
  @Mutation(() => CreateIngestTokenResult, {
    description: 'Creates a token for a sender of events. It is shown only in this answer. To undo it, revoke it.',
    complexity: costs.write,
  })
  async createIngestToken(
    @Arg('input', () => CreateIngestTokenInput, { description: 'The ingest token to create.' })
    { name, eventsPerSecond, bytesPerSecond }: CreateIngestTokenInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return createIngestToken(admin, name, { eventsPerSecond, bytesPerSecond });
  }

  @RequiresRole('admin')
  @Mutation(() => UpdateIngestTokenResult, {
    description: 'Changes how much the sender may send in a second. To undo it, update it again.',
    complexity: costs.write,
  })
  async updateIngestToken(
    @Arg('input', () => UpdateIngestTokenInput, { description: 'What to update.' })
    { id, eventsPerSecond, bytesPerSecond }: UpdateIngestTokenInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    const limits = { eventsPerSecond, bytesPerSecond };
    return updateIngestToken(admin, decodeId('IngestToken', id, 'input.id'), limits);
  }

  @RequiresRole('admin')
  @Mutation(() => RevokeIngestTokenResult, {
    description:
      'Refuses an ingest token from now on. Cannot be undone: its senders need another one. Repeating it changes nothing.',
    complexity: costs.write,
  })
  async revokeIngestToken(
    @Arg('input', () => RevokeIngestTokenInput, { description: 'The ingest token to revoke.' })
    { id, confirmName }: RevokeIngestTokenInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return revokeIngestToken(admin, decodeId('IngestToken', id, 'input.id'), confirmName);
  }
}

@Resolver(() => AdminToken)
export class AdminTokenResolver {
  @RequiresRole('viewer')
  @Query(() => AdminToken, { description: 'The admin token of this request.', complexity: costs.read })
  async me(@Ctx() { load, adminTokenId }: AdminContext): Promise<unknown> {
    return load('AdminToken', adminTokenId);
  }

  @RequiresRole('viewer')
  @Query(() => AdminTokenConnection, {
    description: 'Admin tokens, the newest first; revoked and expired ones too.',
    complexity: costs.page,
  })
  async adminTokens(@Args(() => PageArgs) page: PageArgs, @Ctx() { admin }: AdminContext): Promise<unknown> {
    return listAdminTokens(admin, page);
  }

  @FieldResolver(() => Boolean)
  isOwn(@Root() { id }: AdminTokenView, @Ctx() { adminTokenId }: AdminContext): boolean {
    return id === adminTokenId;
  }

  @RequiresRole('admin')
  @Mutation(() => CreateAdminTokenResult, {
    description:
      'Creates another admin token. It is shown only in this answer; existing tokens stay valid until they are revoked. To undo it, revoke it.',
    complexity: costs.write,
  })
  async createAdminToken(
    @Arg('input', () => CreateAdminTokenInput, { description: 'The admin token to create.' })
    { name, role, expiresAt }: CreateAdminTokenInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return createAdminToken(admin, { name, role, expiresAt: expiresAt ?? undefined });
  }

  @RequiresRole('admin')
  @Mutation(() => RevokeAdminTokenResult, {
    description: 'Refuses an admin token from now on. Cannot be undone. Repeating it changes nothing.',
    complexity: costs.write,
  })
  async revokeAdminToken(
    @Arg('input', () => RevokeAdminTokenInput, { description: 'The admin token to revoke.' })
    { id, confirmId }: RevokeAdminTokenInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    const [key, again] = [decodeId('AdminToken', id, 'input.id'), decodeId('AdminToken', confirmId, 'input.confirmId')];
    return revokeAdminToken(admin, key, again);
  }
}
