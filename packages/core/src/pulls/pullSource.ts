import type { CohortPull } from '@currents/connector';
import type { Admin } from '../admin/admin.js';
import { findCurrent } from '../currents/currents.js';
import { currentNotFound, type CurrentNotFound, type CurrentWrongState, type Problem } from '../admin/problem.js';
import type { CurrentNotReady } from '../currents/transitions.js';
import { isUsable, loadCurrent, type LoadedCurrent } from '../loadCurrent.js';

/** A Current through which cohorts can be pulled. */
export interface PullSource {
  readonly working: LoadedCurrent;
  readonly pull: CohortPull<unknown, unknown>;
}

/** The destination does not let cohorts be pulled. */
export type PullNotOffered = Problem<'PullNotOffered'>;

export type PullSourceProblem = CurrentNotFound | CurrentWrongState | CurrentNotReady | PullNotOffered;

/**
 * Loads a Current to pull cohorts. Only its settings and credentials are used, so it may be in any state but deleted.
 */
export async function openSource(admin: Admin, currentId: string): Promise<PullSource | PullSourceProblem> {
  const row = await findCurrent(admin.db, currentId);
  if (!row) return currentNotFound();
  if (row.state === 'deleted') {
    const message = `${JSON.stringify(row.name)} is deleted, and its credentials with it: pull cohorts with another Current`;
    return { kind: 'CurrentWrongState', message, state: row.state, allowedActions: [] };
  }
  const working = await loadCurrent(admin.sql, row.id, admin);
  if (!working) return currentNotFound();
  if (!isUsable(working)) return { kind: 'CurrentNotReady', message: working.detail, reason: working.code };
  const { connector } = working;
  if (!connector.cohortPull)
    return { kind: 'PullNotOffered', message: `${connector.label} gives no cohorts out: it has to push them` };
  return { working, pull: connector.cohortPull };
}
