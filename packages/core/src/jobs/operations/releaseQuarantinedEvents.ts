import { countMatching } from '../../ledger/countQuarantine.js';
import type { QuarantineFilter } from '../../ledger/quarantineFilter.js';
import { nothingReleased, releaseStep, type ReleaseProgress } from '../../ledger/release.js';
import { databaseNow } from '../../db/databaseNow.js';
import { datesOf, type Operation } from '../operation.js';
import { upTo } from './quarantineTime.js';

export interface Input {
  readonly filter: QuarantineFilter;
  readonly isDryRun: boolean;
}

export const releaseQuarantinedEvents: Operation<Input, ReleaseProgress> = {
  async start({ db }, { filter }) {
    const totalCount = await countMatching(db, { ...datesOf(filter), isReleased: false });
    return { progress: { ...nothingReleased, until: await databaseNow(db) }, totalCount };
  },
  step: (admin, { filter, isDryRun }, progress, save) =>
    releaseStep(admin, { filter: upTo(filter, progress.until), isDryRun }, progress, save),
  doneCount: ({ readCount }) => readCount,
  result: ({ eventCount, stillRefused, unreadableCount }) => ({ eventCount, stillRefused, unreadableCount }),
};
