import type { Queries } from '../db/session.js';

/** Names the advisory locks of cohorts. */
export const cohortLock = 7305130;

/** Whoever changes a cohort's members holds it until its transaction ends. False when somebody else does. */
export async function lockCohort(tx: Queries, cohortId: number): Promise<boolean> {
  const [lock] = await tx<[{ held: boolean }]>`select pg_try_advisory_xact_lock(${cohortLock}, ${cohortId}) as held`;
  return lock.held;
}
