import {
  createAdminToken,
  createIngestToken,
  listAdminTokens,
  listIngestTokens,
  revokeAdminToken,
  revokeIngestToken,
  type AdminTokenView,
} from '@currents/core';
import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { AdminContext } from './base/context.js';
import { costs } from './costs.js';
import {
  AdminToken,
  AdminTokenCreated,
  CreateIngestTokenResult,
  IngestTokenPage,
  RevokeAdminTokenResult,
  RevokeIngestTokenResult,
} from './token.type.js';

@Resolver()
export class IngestTokenResolver {
  @Query(() => IngestTokenPage, { description: 'Ingest tokens, the newest first.', complexity: costs.page })
  async ingestTokens(
    @Arg('first', () => Int, { defaultValue: 50, description: 'How many at most: 1 to 200.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'nextCursor of the page before.' })
    after: string | null | undefined,
    @Arg('revoked', () => Boolean, { defaultValue: false, description: 'Whether to list revoked ones too.' })
    revoked: boolean,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listIngestTokens(admin, { first, after: after ?? undefined }, { revoked });
  }

  @Mutation(() => CreateIngestTokenResult, {
    description: 'Makes a token for a sender of events. It is shown this once. To undo it, revoke it.',
    complexity: costs.write,
  })
  async createIngestToken(
    @Arg('name', () => String, { description: '1 to 100 characters that no other good token has as its name.' })
    name: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return createIngestToken(admin, name);
  }

  @Mutation(() => RevokeIngestTokenResult, {
    description: 'Refuses a token from now on. Cannot be undone: its senders need another one.',
    complexity: costs.write,
  })
  async revokeIngestToken(
    @Arg('id', () => ID, { description: 'Id of the token.' }) id: string,
    @Arg('confirmName', () => String, { description: 'Its name, exactly, to confirm.' }) confirmName: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return revokeIngestToken(admin, id, confirmName);
  }
}

@Resolver(() => AdminToken)
export class AdminTokenResolver {
  @Query(() => [AdminToken], { description: 'Admin tokens, the newest first.', complexity: costs.read })
  async adminTokens(@Ctx() { admin }: AdminContext): Promise<unknown> {
    return listAdminTokens(admin);
  }

  @FieldResolver(() => Boolean, { description: 'Whether this very request came with it.' })
  own(@Root() { id }: AdminTokenView, @Ctx() { adminTokenId }: AdminContext): boolean {
    return id === adminTokenId;
  }

  @Mutation(() => AdminTokenCreated, {
    description:
      'Makes another admin token. It is shown this once; those there are stay good until they are revoked. To undo it, revoke it.',
    complexity: costs.write,
  })
  async createAdminToken(@Ctx() { admin }: AdminContext): Promise<unknown> {
    return createAdminToken(admin);
  }

  @Mutation(() => RevokeAdminTokenResult, {
    description: 'Refuses an admin token from now on. Cannot be undone.',
    complexity: costs.write,
  })
  async revokeAdminToken(
    @Arg('id', () => ID, { description: 'Id of the token.' }) id: string,
    @Arg('confirmId', () => ID, { description: 'The same id again, to confirm.' }) confirmId: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return revokeAdminToken(admin, id, confirmId);
  }
}
