import {
  checkCohortStep,
  countedBefore,
  isConsistent,
  nothingCounted,
  type CohortCheckProgress,
} from '../../cohorts/checkCohort.js';
import { noMembers, totalOf } from '../../cohorts/memberSet.js';
import type { Operation } from '../operation.js';

export interface Input {
  /** The database key of the cohort. */
  readonly cohortId: string;
}

export const checkCohort: Operation<Input, CohortCheckProgress> = {
  isCheck: true,
  start: async (admin, { cohortId }) => ({
    progress: nothingCounted,
    totalCount: await countedBefore(admin, cohortId),
  }),
  step: (admin, { cohortId }, progress, save, signal) => checkCohortStep(admin, cohortId, progress, save, signal),
  doneCount: ({ countedMembers }) => totalOf(countedMembers),
  result: (progress, { cohortId }) => ({
    cohortId,
    countedMembers: progress.countedMembers,
    // Read with the last of the members.
    memberCounts: progress.memberCounts ?? noMembers,
    isConsistent: isConsistent(progress),
  }),
};
