import { advisoryLocks } from '../db/advisoryLocks.js';
import type { Queries } from '../db/session.js';

/** Whoever changes a cohort's members holds it until its transaction ends. False when somebody else does. */
export async function lockCohort(tx: Queries, cohortId: number): Promise<boolean> {
  const [lock] = await tx<
    [{ held: boolean }]
  >`select pg_try_advisory_xact_lock(${advisoryLocks.cohort}::int, ${cohortId}::int) as held`;
  return lock.held;
}
