import type { Admin } from '../admin/admin.js';
import type { SaveProgress } from '../ledger/saveProgress.js';
import type { UserMatcher } from './userIds.js';

/** The parts of a deletion, in order. Batches and quarantine of the last minutes are read again at the end. */
export const erasurePhases = [
  'batches',
  'quarantine',
  'cohorts',
  'segments',
  'memberSets',
  'changes',
  'answers',
  'texts',
  'recentBatches',
  'deferrals',
] as const;
export type ErasurePhase = (typeof erasurePhases)[number];

/** How far a deletion has come. Holds no ids of users. */
export interface ErasureProgress {
  readonly phase: ErasurePhase;
  /** The last day, row, Current, cohort or statement of the phase that is done. */
  readonly day?: string | undefined;
  readonly after?: string | undefined;
  /** Positions of tombstones by batch of `day`, while their deliveries are still to be changed. */
  readonly hits?: Readonly<Record<string, readonly number[]>> | undefined;
  readonly deliveryAfter?: string | undefined;
  /** Whether a delivery was passed over, because an attempt of it is under way. */
  readonly isBehind?: boolean | undefined;
  /** Until when deliveries under way are waited for. */
  readonly waitUntilMs?: number | undefined;
  readonly counts: ErasureCounts;
}

export interface ErasureCounts {
  readonly batchCount: number;
  /** Events in batches that were replaced. */
  readonly eventCount: number;
  /** Of these, events of deliveries that were pending, and are skipped now. */
  readonly skippedCount: number;
  readonly quarantinedCount: number;
  readonly membershipCount: number;
  /** Batches and rows of the quarantine that cannot be read, by this release. */
  readonly unreadableCount: number;
}

export const nothingErased: ErasureProgress = {
  phase: 'batches',
  counts: {
    batchCount: 0,
    eventCount: 0,
    skippedCount: 0,
    quarantinedCount: 0,
    membershipCount: 0,
    unreadableCount: 0,
  },
};

export interface Erasure {
  readonly admin: Pick<Admin, 'db' | 'sql' | 'seal'>;
  readonly users: UserMatcher;
  readonly isDryRun: boolean;
  readonly save: SaveProgress<ErasureProgress>;
}

/** Adds to the counts. */
export function counted(progress: ErasureProgress, more: Partial<ErasureCounts>): ErasureProgress {
  const counts = { ...progress.counts };
  for (const [name, count] of Object.entries(more)) counts[name as keyof ErasureCounts] += count;
  return { ...progress, counts };
}

/** The next phase, from its beginning; undefined after the last one. */
export function nextPhase({ phase, counts }: ErasureProgress): ErasureProgress | undefined {
  const next = erasurePhases[erasurePhases.indexOf(phase) + 1];
  return next && { phase: next, counts };
}
