import { countReplayable } from '../../ledger/deadLetterGroups.js';
import { describeDeadLetters } from '../../ledger/describeDeadLetters.js';
import { nothingReplayed, replayNext, type ReplayFilter, type ReplayProgress } from '../../ledger/replay.js';
import { datesOf, type Operation } from '../operation.js';

export interface Input {
  /** The database key of the Current. */
  readonly currentId: string;
  readonly filter: ReplayFilter;
  readonly isDryRun: boolean;
}

export const replayDeadLetters: Operation<Input, ReplayProgress> = {
  async start(admin, { currentId, filter }) {
    const { eventCount: totalCount } = await countReplayable(admin, { ...datesOf(filter), currentId });
    return { progress: await nothingReplayed(admin.db), totalCount };
  },
  async step(admin, { currentId, filter: stored, isDryRun }, progress, save) {
    const filter = datesOf(stored);
    if (progress.permanentCount !== undefined)
      return isDryRun ? undefined : replayNext(admin, currentId, filter, progress, save);
    if (filter.eventType !== undefined && (await describeDeadLetters(admin.sql, Number(currentId))) > 0) {
      await save(admin.db, progress);
      return progress;
    }
    const { eventCount, permanentCount } = await countReplayable(admin, { ...filter, currentId });
    const next = { ...progress, permanentCount, ...(isDryRun && { eventCount }) };
    await save(admin.db, next);
    return next;
  },
  doneCount: ({ eventCount }) => eventCount,
  result: ({ eventCount, deliveryCount, permanentCount = 0 }) => ({ eventCount, deliveryCount, permanentCount }),
};
