import { findLedgerDifferences, getCurrent, listLedgerDifferences, type LedgerDifferenceView } from '@currents/core';
import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from 'type-graphql';
import { PageArgs } from './base/connection.js';
import type { AdminContext } from './base/context.js';
import { decodeId } from './base/ids.js';
import { registerNode } from './base/node.js';
import { RequiresRole } from './base/role.js';
import { costs } from './costs.js';
import { Current } from './current.type.js';
import { CheckLedgerInput, CheckLedgerResult } from './jobPayload.type.js';
import {
  LedgerCheck,
  LedgerDifferenceFilter,
  StoredLedgerDifference,
  StoredLedgerDifferenceConnection,
} from './ledger.type.js';
import { given } from './withoutNulls.js';

registerNode('StoredLedgerDifference', findLedgerDifferences);

@Resolver(() => LedgerCheck)
export class LedgerResolver {
  @RequiresRole('viewer')
  @Mutation(() => CheckLedgerResult, {
    description:
      'Recounts every stored event of a Current and compares: selected = delivered + skipped + rejected + expired + pending. Changes nothing, and is safe while events flow; takes about a second for every ten thousand deliveries. It comes after jobs that act; while it waits, a further call answers the same job.',
    complexity: costs.scan,
  })
  async checkLedger(
    @Arg('input', () => CheckLedgerInput, { description: 'Whose ledger to check.' }) { currentId }: CheckLedgerInput,
    @Ctx() { admin, jobs, adminTokenId }: AdminContext,
  ): Promise<unknown> {
    const key = decodeId('Current', currentId, 'input.currentId');
    const current = await getCurrent(admin, key);
    return 'message' in current ? current : jobs.create('check_ledger', { currentId: key }, adminTokenId);
  }

  @FieldResolver(() => Boolean)
  isBalanced(@Root() { differences }: LedgerCheck): boolean {
    return differences.length === 0;
  }
}

@Resolver(() => StoredLedgerDifference)
export class LedgerDifferenceResolver {
  @RequiresRole('viewer')
  @Query(() => StoredLedgerDifferenceConnection, {
    description:
      'What the continuous check of the ledgers found, the newest first. Empty: every event is where the counts say.',
    complexity: costs.page,
  })
  async ledgerDifferences(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('filter', () => LedgerDifferenceFilter, { nullable: true, description: 'Which differences to list.' })
    filter: LedgerDifferenceFilter | null | undefined,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    const { currentId, ...rest } = given(filter) ?? {};
    const key = currentId === undefined ? undefined : decodeId('Current', currentId, 'filter.currentId');
    return listLedgerDifferences(admin, page, { ...rest, currentId: key });
  }

  @FieldResolver(() => Current, {
    nullable: true,
    description: 'The Current whose events are concerned; null once it is deleted.',
    complexity: costs.read,
  })
  current(@Root() { currentId }: LedgerDifferenceView, @Ctx() { load }: AdminContext): unknown {
    return load('Current', currentId);
  }
}
