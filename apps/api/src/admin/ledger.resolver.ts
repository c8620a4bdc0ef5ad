import { getCurrent } from '@currents/core';
import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type { AdminContext } from './base/context.js';
import { decodeId } from './base/ids.js';
import { RequiresRole } from './base/role.js';
import { costs } from './costs.js';
import { CheckLedgerInput, CheckLedgerResult } from './jobPayload.type.js';
import { LedgerCheck } from './ledger.type.js';

@Resolver(() => LedgerCheck)
export class LedgerResolver {
  @RequiresRole('viewer')
  @Mutation(() => CheckLedgerResult, {
    description:
      'Recounts every stored event of a Current and compares: selected = delivered + skipped + rejected + expired + pending. Changes nothing, and is safe while events flow; takes about a second for every ten thousand deliveries.',
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
