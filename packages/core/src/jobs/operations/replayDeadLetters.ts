import {
  countReplayable,
  nothingReplayed,
  replayNext,
  type ReplayFilter,
  type ReplayProgress,
} from '../../ledger/replay.js';
import { datesOf, type Operation } from '../operation.js';

export interface Input {
  /** The database key of the Current. */
  readonly currentId: string;
  readonly filter: ReplayFilter;
  readonly isDryRun: boolean;
}

export const replayDeadLetters: Operation<Input, ReplayProgress> = {
  async start({ db }, { currentId, filter, isDryRun }) {
    const totalCount = await countReplayable(db, currentId, datesOf(filter));
    const progress = { ...(await nothingReplayed(db)), ...(isDryRun && { eventCount: totalCount }) };
    return { progress, totalCount };
  },
  async step(admin, { currentId, filter, isDryRun }, progress, save) {
    return isDryRun ? undefined : replayNext(admin, currentId, datesOf(filter), progress, save);
  },
  doneCount: ({ eventCount }) => eventCount,
  result: ({ eventCount, deliveryCount }) => ({ eventCount, deliveryCount }),
};
