import type { Admin } from '../../admin/admin.js';
import { countDiscardable } from '../../ledger/deadLetterGroups.js';
import { describeDeadLetters } from '../../ledger/describeDeadLetters.js';
import { changeDiscarded, type DiscardChange, type DiscardProgress } from '../../ledger/discardDeadLetters.js';
import type { ReplayFilter } from '../../ledger/replay.js';
import { databaseNow } from '../../db/databaseNow.js';
import { datesOf, type Operation } from '../operation.js';

export interface Restore {
  /** The database key of the Current. */
  readonly currentId: string;
  readonly filter: ReplayFilter;
  readonly isDryRun: boolean;
}

export interface Discard extends Restore {
  readonly reason: string;
  readonly adminTokenId: string | undefined;
}

export interface Progress extends DiscardProgress {
  /** Whether the event types were read that the filter needs. */
  readonly isReady?: boolean;
}

export const discardDeadLetters = operation<Discard>(({ reason, adminTokenId }) => ({
  kind: 'discard',
  reason,
  adminTokenId,
}));

export const restoreDeadLetters = operation<Restore>(() => ({ kind: 'restore' }));

function operation<Input extends Restore>(changeOf: (input: Input) => DiscardChange): Operation<Input, Progress> {
  const count = (admin: Admin, input: Input): Promise<number> =>
    countDiscardable(admin, input.currentId, datesOf(input.filter), changeOf(input));
  return {
    async start(admin, input) {
      return { progress: { until: await databaseNow(admin.db), eventCount: 0 }, totalCount: await count(admin, input) };
    },
    async step(admin, input, progress, save) {
      const { currentId, isDryRun } = input;
      const filter = datesOf(input.filter);
      if (progress.isReady) {
        if (isDryRun) return undefined;
        const changed = await changeDiscarded(admin, currentId, filter, changeOf(input), progress, save);
        return changed && { ...changed, isReady: true };
      }
      const isDescribed =
        filter.eventType === undefined || (await describeDeadLetters(admin.sql, Number(currentId))) === 0;
      const next = isDescribed
        ? { ...progress, isReady: true, ...(isDryRun && { eventCount: await count(admin, input) }) }
        : progress;
      await save(admin.db, next);
      return next;
    },
    doneCount: ({ eventCount }) => eventCount,
    result: ({ eventCount }) => ({ eventCount }),
  };
}
