import { eraseNextBatches } from './eraseBatches.js';
import { eraseNextDeferrals, eraseNextDeliveries } from './eraseDeliveries.js';
import { eraseNextChanges, eraseNextCohort, eraseNextSegment, eraseNextSet } from './eraseMembers.js';
import { eraseNextQuarantined } from './eraseQuarantine.js';
import { eraseAnswers, eraseNextTexts } from './eraseTexts.js';
import { nextPhase, type Erasure, type ErasurePhase, type ErasureProgress } from './erasure.js';

type Step = (erasure: Erasure, progress: ErasureProgress) => Promise<ErasureProgress | undefined>;

/** The next step of each part; undefined when the part is done. */
const steps: Readonly<Record<ErasurePhase, Step>> = {
  batches: eraseNextBatches,
  quarantine: eraseNextQuarantined,
  cohorts: eraseNextCohort,
  segments: eraseNextSegment,
  memberSets: eraseNextSet,
  changes: eraseNextChanges,
  answers: eraseAnswers,
  texts: eraseNextTexts,
  recentBatches: eraseNextBatches,
  deferrals: eraseNextDeferrals,
};

/** A dry run only counts. */
const counting: readonly ErasurePhase[] = ['batches', 'quarantine', 'cohorts', 'segments'];

/**
 * Deletes what is stored of the users: a part of bounded size, of which a repetition does nothing. Events stay in their
 * places as tombstones, and those that are pending are skipped as `user_deleted`. Undefined at the end.
 */
export async function eraseStep(erasure: Erasure, progress: ErasureProgress): Promise<ErasureProgress | undefined> {
  if (progress.deliveryAfter !== undefined) return eraseNextDeliveries(erasure, progress);
  const isSkipped = erasure.isDryRun && !counting.includes(progress.phase);
  const next = isSkipped ? undefined : await steps[progress.phase](erasure, progress);
  if (next) return next;
  const begun = nextPhase(progress);
  if (begun) await erasure.save(erasure.admin.db, begun);
  return begun;
}
