import { sql } from 'drizzle-orm';
import { checkLedgerStep, nothingChecked, type LedgerProgress } from '../../ledger/checkLedger.js';
import type { Operation } from '../operation.js';

export interface Input {
  /** The database key of the Current. */
  readonly currentId: string;
}

export const checkLedger: Operation<Input, LedgerProgress> = {
  isCheck: true,
  async start({ db }, { currentId }) {
    const [row] = await db.execute<{ n: number }>(
      sql`select count(*)::float8 as n from delivery where current_id = ${Number(currentId)}`,
    );
    return { progress: nothingChecked, totalCount: row?.n ?? 0 };
  },
  step: (admin, { currentId }, progress, save, signal) => checkLedgerStep(admin, currentId, progress, save, signal),
  doneCount: ({ deliveryCount }) => deliveryCount,
  result: ({ deliveryCount, eventCount, differences, hasMoreDifferences }) => ({
    deliveryCount,
    eventCount,
    differences,
    hasMoreDifferences,
  }),
};
