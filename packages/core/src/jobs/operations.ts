import type { Operation } from './operation.js';
import { checkCohort } from './operations/checkCohort.js';
import { checkLedger } from './operations/checkLedger.js';
import { discardDeadLetters, restoreDeadLetters } from './operations/discardDeadLetters.js';
import { deleteUserData } from './operations/deleteUserData.js';
import { purgeQuarantinedEvents } from './operations/purgeQuarantinedEvents.js';
import { releaseQuarantinedEvents } from './operations/releaseQuarantinedEvents.js';
import { repeatUserDeletions } from './operations/repeatUserDeletions.js';
import { replayDeadLetters } from './operations/replayDeadLetters.js';
import { replayEvents } from './operations/replayEvents.js';
import { resealSecrets } from './operations/resealSecrets.js';

/**
 * What a job may do, by the name that is stored. A new operation is a file in `operations/` and a line here: processes of
 * an earlier release leave its jobs alone.
 */
const operations = {
  check_cohort: checkCohort,
  check_ledger: checkLedger,
  discard_dead_letters: discardDeadLetters,
  delete_user_data: deleteUserData,
  purge_quarantined_events: purgeQuarantinedEvents,
  release_quarantined_events: releaseQuarantinedEvents,
  repeat_user_deletions: repeatUserDeletions,
  replay_dead_letters: replayDeadLetters,
  replay_events: replayEvents,
  reseal_secrets: resealSecrets,
  restore_dead_letters: restoreDeadLetters,
};

export type JobOperation = keyof typeof operations;

/** What each operation is given, as `createJob` stores it. */
export type JobInputs = {
  readonly [Name in JobOperation]: Parameters<(typeof operations)[Name]['start']>[1];
};

export const jobOperations = Object.keys(operations) as readonly JobOperation[];

/** An operation whose input and progress come from a row, unchecked: they are what the same operation has stored. */
export function operationOf(name: JobOperation): Operation<never, never> {
  return operations[name] as unknown as Operation<never, never>;
}

/** Those that change nothing. */
export const checkOperations = jobOperations.filter((name) => operationOf(name).isCheck === true);
