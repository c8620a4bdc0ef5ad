import {
  cancelImportKeyRevocation,
  createImportKey,
  createImportPartner,
  deleteImportPartner,
  findImportKeys,
  findImportPartners,
  listImportKeys,
  listImportPartners,
  revokeImportKey,
  type ImportKeyView,
} from '@currents/core';
import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { PageArgs } from './base/connection.js';
import type { AdminContext } from './base/context.js';
import { decodeId } from './base/ids.js';
import { registerNode } from './base/node.js';
import { RequiresRole } from './base/role.js';
import { costs } from './costs.js';
import * as inputs from './importKey.input.js';
import * as types from './importKey.type.js';
import { given } from './withoutNulls.js';

registerNode('ImportKey', findImportKeys);
registerNode('ImportPartner', findImportPartners);

@Resolver(() => types.ImportKey)
export class ImportKeyResolver {
  @RequiresRole('viewer')
  @Query(() => types.ImportPartnerConnection, {
    description: 'The partners that can have data import keys, by name.',
    complexity: costs.page,
  })
  async importPartners(@Args(() => PageArgs) page: PageArgs, @Ctx() { admin }: AdminContext): Promise<unknown> {
    return listImportPartners(admin, page);
  }

  @RequiresRole('viewer')
  @Query(() => types.ImportKeyConnection, {
    description: 'Data import keys, the newest first.',
    complexity: costs.page,
  })
  async importKeys(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => inputs.ImportKeyFilter, {
      nullable: true,
      description: 'Which keys to list. Null: all valid ones.',
    })
    filter: inputs.ImportKeyFilter | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listImportKeys(admin, page, given(filter));
  }

  @FieldResolver(() => types.ImportPartner, {
    nullable: true,
    description: 'The partner that the key is for. Null if it is deleted.',
    complexity: costs.read,
  })
  partner(@Root() { partner }: ImportKeyView, @Ctx() { load }: AdminContext): unknown {
    return load('ImportPartner', partner);
  }

  @RequiresRole('admin')
  @Mutation(() => types.CreateImportPartnerResult, {
    description:
      'Creates a partner that is not built in and pushes cohorts by Braze’s partner protocol. It needs a data import key to push. deleteImportPartner undoes it.',
    complexity: costs.write,
  })
  async createImportPartner(
    @Arg('input', () => inputs.CreateImportPartnerInput, { description: 'The new partner.' })
    { name }: inputs.CreateImportPartnerInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return createImportPartner(admin, name);
  }

  @RequiresRole('admin')
  @Mutation(() => types.DeleteImportPartnerResult, {
    description:
      'Deletes a partner that an admin created and that has no valid key. Its cohorts stay. createImportPartner undoes it.',
    complexity: costs.write,
  })
  async deleteImportPartner(
    @Arg('input', () => inputs.DeleteImportPartnerInput, { description: 'Which partner to delete.' })
    { name }: inputs.DeleteImportPartnerInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return deleteImportPartner(admin, name);
  }

  @RequiresRole('admin')
  @Mutation(() => types.CreateImportKeyResult, {
    description: 'Creates a data import key for a partner. The key is shown only once. revokeImportKey undoes it.',
    complexity: costs.write,
  })
  async createImportKey(
    @Arg('input', () => inputs.CreateImportKeyInput, { description: 'The new key.' })
    input: inputs.CreateImportKeyInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return createImportKey(admin, input);
  }

  @RequiresRole('admin')
  @Mutation(() => types.RevokeImportKeyResult, {
    description:
      'Refuses a key from now on, or from a later time, which can be moved or cancelled until then. Cannot be undone afterwards. ' +
      'Revoking a revoked key again answers with the key.',
    complexity: costs.write,
  })
  async revokeImportKey(
    @Arg('input', () => inputs.RevokeImportKeyInput, { description: 'Which key to revoke, and when.' })
    { id, confirmName, at }: inputs.RevokeImportKeyInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return revokeImportKey(admin, decodeId('ImportKey', id, 'input.id'), { confirmName, at: at ?? undefined });
  }

  @RequiresRole('admin')
  @Mutation(() => types.CancelImportKeyRevocationResult, {
    description: 'Cancels the revocation of a key before it takes effect. revokeImportKey undoes it.',
    complexity: costs.write,
  })
  async cancelImportKeyRevocation(
    @Arg('input', () => inputs.CancelImportKeyRevocationInput, { description: 'Which revocation to cancel.' })
    { id, confirmName }: inputs.CancelImportKeyRevocationInput,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return cancelImportKeyRevocation(admin, decodeId('ImportKey', id, 'input.id'), confirmName);
  }
}
