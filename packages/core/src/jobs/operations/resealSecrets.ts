import { countUnderOtherKeys } from '../../secrets/sealedColumns.js';
import type { Operation } from '../operation.js';
import { nothingResealed, resealStep, type ResealProgress } from '../resealStep.js';

export interface ResealInput {
  readonly isDryRun: boolean;
}

export const resealSecrets: Operation<ResealInput, ResealProgress> = {
  async start({ db, seal }, { isDryRun }) {
    const totalCount = await countUnderOtherKeys(db, seal);
    return { progress: { ...nothingResealed, ...(isDryRun && { resealedCount: totalCount }) }, totalCount };
  },
  step: async (admin, { isDryRun }, progress, save) => (isDryRun ? undefined : resealStep(admin, progress, save)),
  doneCount: ({ resealedCount, unreadableCount }) => resealedCount + unreadableCount,
  result: ({ resealedCount, unreadableCount }) => ({ resealedCount, unreadableCount }),
};
