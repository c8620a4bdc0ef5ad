import { advisoryLocks } from '../db/advisoryLocks.js';
import type { Queries } from '../db/session.js';

/** Locks a cohort's members until the transaction ends. False when another transaction holds the lock. */
export async function lockCohort(tx: Queries, cohortId: number): Promise<boolean> {
  const [lock] = await tx<
    [{ held: boolean }]
  >`select pg_try_advisory_xact_lock(${advisoryLocks.cohort}::int, ${cohortId}::int) as held`;
  return lock.held;
}
