import {
  createImportKey,
  deleteImportPartner,
  revokeImportKey,
  listImportKeys,
  listImportPartners,
  createImportPartner,
} from '@currents/core';
import { Arg, Ctx, ID, Int, Mutation, Query, Resolver } from 'type-graphql';
import type { AdminContext } from './base/context.js';
import { costs } from './costs.js';
import {
  CreateImportKeyResult,
  ForgetImportPartnerResult,
  ImportKeyPage,
  ImportPartner,
  InvalidateImportKeyResult,
  RegisterImportPartnerResult,
} from './importKey.type.js';
import { DateTime } from './base/scalars.js';

const ofKey = 'Id of the key.';
const itsName = 'Its name, exactly, to confirm.';

@Resolver()
export class ImportKeyResolver {
  @Query(() => [ImportPartner], {
    description: 'Everybody who can be given a data import key, by name.',
    complexity: costs.tree,
  })
  async importPartners(@Ctx() { admin }: AdminContext): Promise<unknown> {
    return listImportPartners(admin);
  }

  @Query(() => ImportKeyPage, { description: 'Data import keys, the newest first.', complexity: costs.page })
  async importKeys(
    @Arg('first', () => Int, { defaultValue: 50, description: 'How many at most: 1 to 200.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'nextCursor of the page before.' })
    after: string | null | undefined,
    @Arg('partner', () => String, { nullable: true, description: 'Of this partner.' })
    partner: string | null | undefined,
    @Arg('invalid', () => Boolean, {
      defaultValue: false,
      description: 'Whether to list those too that are refused by now.',
    })
    invalid: boolean,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return listImportKeys(admin, { first, after: after ?? undefined }, { partner: partner ?? undefined, invalid });
  }

  @Mutation(() => RegisterImportPartnerResult, {
    description:
      'Makes a partner known that the hub has no package for, and that pushes cohorts in the partner protocol of Braze. Without a key it can push nothing. To undo it, forget it.',
    complexity: costs.write,
  })
  async registerImportPartner(
    @Arg('name', () => String, {
      description: '1 to 40 small letters, digits, hyphens or underscores, beginning with a letter.',
    })
    name: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return createImportPartner(admin, name);
  }

  @Mutation(() => ForgetImportPartnerResult, {
    description:
      'Makes a partner unknown again that an admin made known, once none of its keys is good. Its cohorts stay. To undo it, register it again.',
    complexity: costs.write,
  })
  async forgetImportPartner(
    @Arg('name', () => String, { description: 'Its name.' }) name: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return deleteImportPartner(admin, name);
  }

  @Mutation(() => CreateImportKeyResult, {
    description:
      'Makes a data import key for a partner, beside those there are. It is shown this once. To undo it, invalidate it.',
    complexity: costs.write,
  })
  async createImportKey(
    @Arg('partner', () => String, { description: 'Name of the partner: see importPartners.' }) partner: string,
    @Arg('name', () => String, {
      description: '1 to 100 characters that no other good key of the partner has as its name.',
    })
    name: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return createImportKey(admin, { partner, name });
  }

  @Mutation(() => InvalidateImportKeyResult, {
    description:
      'Refuses a key from now on, or from a given time on, to the second. What has come cannot be undone; a time that lies ahead can be changed, or taken back with keepImportKey.',
    complexity: costs.write,
  })
  async invalidateImportKey(
    @Arg('id', () => ID, { description: ofKey }) id: string,
    @Arg('confirmName', () => String, { description: itsName }) confirmName: string,
    @Arg('from', () => DateTime, { nullable: true, description: 'From when on; left out, from now on.' })
    from: Date | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return revokeImportKey(admin, id, { confirmName, from: from ?? undefined });
  }

  @Mutation(() => InvalidateImportKeyResult, {
    description: 'Takes back the time from which on a key is to be refused, before it has come.',
    complexity: costs.write,
  })
  async keepImportKey(
    @Arg('id', () => ID, { description: ofKey }) id: string,
    @Arg('confirmName', () => String, { description: itsName }) confirmName: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return revokeImportKey(admin, id, { confirmName, from: null });
  }
}
