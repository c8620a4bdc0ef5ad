import { countMatching } from '../../ledger/countQuarantine.js';
import { nothingPurged, purgeStep, type PurgeProgress } from '../../ledger/purge.js';
import type { QuarantineFilter } from '../../ledger/quarantineFilter.js';
import { databaseNow } from '../../db/databaseNow.js';
import { datesOf, type Operation } from '../operation.js';
import { upTo } from './quarantineTime.js';

export interface Input {
  readonly filter: QuarantineFilter;
  readonly isDryRun: boolean;
  /** Why, as the admin said: shown with the job. */
  readonly reason?: string | undefined;
}

export const purgeQuarantinedEvents: Operation<Input, PurgeProgress> = {
  async start({ db }, { filter, isDryRun }) {
    const totalCount = await countMatching(db, datesOf(filter));
    const eventCount = isDryRun ? totalCount : 0;
    return { progress: { ...nothingPurged, eventCount, until: await databaseNow(db) }, totalCount };
  },
  async step(admin, { filter, isDryRun }, progress, save) {
    if (isDryRun) return undefined;
    return purgeStep(admin, upTo(filter, progress.until), progress, save);
  },
  doneCount: ({ eventCount }) => eventCount,
  result: ({ eventCount }) => ({ eventCount }),
};
