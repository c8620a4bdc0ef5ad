import { checkLedger } from '@currents/core';
import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import type { AdminContext } from './base/context.js';
import { costs } from './costs.js';
import { LedgerResult } from './ledger.type.js';

@Resolver()
export class LedgerResolver {
  @Query(() => LedgerResult, {
    description:
      'Recounts every event of a Current, and compares: selected = delivered + skipped + rejected + expired + pending. ' +
      'May be asked while events flow; with millions of events it takes a while.',
    complexity: costs.scan,
  })
  async checkLedger(
    @Arg('currentId', () => ID, { description: 'Id of the Current.' }) currentId: string,
    @Ctx() { admin }: AdminContext,
  ): Promise<unknown> {
    return checkLedger(admin, currentId);
  }
}
