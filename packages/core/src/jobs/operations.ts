import { sql } from 'drizzle-orm';
import type { Admin, Db } from '../admin/admin.js';
import {
  checkCohortStep,
  countedBefore,
  isConsistent,
  nothingCounted,
  type CohortCheckProgress,
} from '../cohorts/checkCohort.js';
import { totalOf } from '../cohorts/memberSet.js';
import type { JobOperation } from '../db/schema.js';
import { checkLedgerStep, nothingChecked, type LedgerProgress } from '../ledger/checkLedger.js';
import { nothingPurged, purgeStep, type PurgeProgress } from '../ledger/purge.js';
import { countMatching } from '../ledger/countQuarantine.js';
import type { QuarantineFilter } from '../ledger/quarantineFilter.js';
import { nothingReleased, releaseStep, type ReleaseProgress } from '../ledger/release.js';
import {
  countReplayable,
  nothingReplayed,
  replayNext,
  type ReplayFilter,
  type ReplayProgress,
} from '../ledger/replay.js';
import type { SaveProgress } from '../ledger/saveProgress.js';

/** The database key of the Current or cohort, and filters whose times are text in the stored input. */
export interface JobInputs {
  readonly release_quarantined_events: { readonly filter: QuarantineFilter; readonly isDryRun: boolean };
  readonly purge_quarantined_events: { readonly filter: QuarantineFilter; readonly isDryRun: boolean };
  readonly replay_dead_letters: {
    readonly currentId: string;
    readonly filter: ReplayFilter;
    readonly isDryRun: boolean;
  };
  readonly check_ledger: { readonly currentId: string };
  readonly check_cohort: { readonly cohortId: string };
}

/** An operation in steps. Everything between the steps is in `Progress`, which is JSON. */
interface Operation<Input, Progress> {
  /** Counts what there is to do. */
  start(admin: Admin, input: Input): Promise<{ readonly progress: Progress; readonly totalCount: number }>;
  /**
   * Does a part of bounded size and saves how far it has come, in one transaction. Returns undefined at the end. A step
   * is repeated when its process dies, and ends early when the signal is aborted.
   */
  step(
    admin: Admin,
    input: Input,
    progress: Progress,
    save: SaveProgress<Progress>,
    signal: AbortSignal,
  ): Promise<Progress | undefined>;
  doneCount(progress: Progress): number;
  result(progress: Progress, input: Input): object;
}

type Operations = {
  readonly [Name in JobOperation]: Operation<JobInputs[Name], never>;
};

const release: Operation<JobInputs['release_quarantined_events'], ReleaseProgress> = {
  async start({ db }, { filter }) {
    const totalCount = await countMatching(db, { ...datesOf(filter), isReleased: false });
    return { progress: { ...nothingReleased, until: await now(db) }, totalCount };
  },
  step: (admin, { filter, isDryRun }, progress, save) =>
    releaseStep(admin, { filter: upTo(filter, progress.until), isDryRun }, progress, save),
  doneCount: ({ readCount }) => readCount,
  result: ({ eventCount, stillRefused, unreadableCount }) => ({ eventCount, stillRefused, unreadableCount }),
};

const purge: Operation<JobInputs['purge_quarantined_events'], PurgeProgress> = {
  async start({ db }, { filter, isDryRun }) {
    const totalCount = await countMatching(db, datesOf(filter));
    const eventCount = isDryRun ? totalCount : 0;
    return { progress: { ...nothingPurged, eventCount, until: await now(db) }, totalCount };
  },
  async step(admin, { filter, isDryRun }, progress, save) {
    if (isDryRun) return undefined;
    return purgeStep(admin, upTo(filter, progress.until), progress, save);
  },
  doneCount: ({ eventCount }) => eventCount,
  result: ({ eventCount }) => ({ eventCount }),
};

const replay: Operation<JobInputs['replay_dead_letters'], ReplayProgress> = {
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

const check: Operation<JobInputs['check_ledger'], LedgerProgress> = {
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

const checkMembers: Operation<JobInputs['check_cohort'], CohortCheckProgress> = {
  start: async (admin, { cohortId }) => ({
    progress: nothingCounted,
    totalCount: await countedBefore(admin, cohortId),
  }),
  step: (admin, { cohortId }, progress, save, signal) => checkCohortStep(admin, cohortId, progress, save, signal),
  doneCount: ({ countedMembers }) => totalOf(countedMembers),
  result: (progress, { cohortId }) => ({ cohortId, ...progress, isConsistent: isConsistent(progress) }),
};

export const operations = {
  release_quarantined_events: release,
  purge_quarantined_events: purge,
  replay_dead_letters: replay,
  check_ledger: check,
  check_cohort: checkMembers,
} as unknown as Operations;

/** The time of the database, by which rows are stored, rounded up to milliseconds. */
async function now(db: Db['db']): Promise<string> {
  const [row] = await db.execute<{ ms: number }>(sql`select extract(epoch from clock_timestamp()) * 1000 as ms`);
  return new Date(Math.ceil(Number(row?.ms))).toISOString();
}

function upTo(filter: QuarantineFilter, until: string | undefined): QuarantineFilter {
  const { to, ...rest } = datesOf(filter);
  if (until === undefined) return { ...rest, to };
  const end = new Date(until);
  return { ...rest, to: to !== undefined && to < end ? to : end };
}

/** The stored input is JSON, in which a time is text. */
function datesOf<Filter extends { readonly from?: Date | undefined; readonly to?: Date | undefined }>(
  filter: Filter,
): Filter {
  const { from, to } = filter;
  return {
    ...filter,
    ...(from !== undefined && { from: new Date(from) }),
    ...(to !== undefined && { to: new Date(to) }),
  };
}
