import { checkLedger } from '@currents/core';
import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import type { AdminContext } from './base/context.js';
import { decodeId } from './base/ids.js';
import { RequiresRole } from './base/role.js';
import { costs } from './costs.js';
import { LedgerCheck, LedgerCheckResult } from './ledger.type.js';

@Resolver(() => LedgerCheck)
export class LedgerResolver {
  @RequiresRole('viewer')
  @Query(() => LedgerCheckResult, {
    description:
      'Recounts every stored event of a Current and compares: selected = delivered + skipped + rejected + expired + pending. Safe while events flow; takes about a second for every ten thousand deliveries.',
    complexity: costs.scan,
  })
  async ledgerCheck(
    @Arg('currentId', () => ID, { description: 'Id of the Current, such as "cur_7".' }) currentId: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return checkLedger(admin, decodeId('Current', currentId, 'currentId'));
  }

  @FieldResolver(() => Boolean)
  isBalanced(@Root() { differences }: LedgerCheck): boolean {
    return differences.length === 0;
  }
}
