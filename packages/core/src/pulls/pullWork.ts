import { openSession } from '../db/session.js';
import { connect } from '../db/connect.js';
import type { Sweeps } from '../sweeps.js';
import { startPeriodic } from '../process/periodic.js';
import { runStep, type DuePull, type PullDeps, type StepDeps } from './runStep.js';
import {
  dropOrphanedPages,
  findDuePulls,
  finishPulls,
  isPullWorkDue,
  reactToCurrents,
  runPullCleanup,
} from './pullSweep.js';

interface PullWorkDeps extends Omit<PullDeps, 'clock'> {
  readonly databaseUrl: string;
  readonly sweeps: Sweeps;
  /** The longest a partner may take to answer, or stand still. */
  readonly requestMs: number;
}

/** The concurrent steps of one worker: each mostly waits for its partner, and holds a page of members. */
const maxInFlight = 16;
const cleanupMs = 3_600_000;
const stopSeconds = 5;
const statementMs = 30_000;

/** Runs the due steps of pulls, until it is stopped. Any number of workers may do so concurrently. */
export function startPullWork(deps: PullWorkDeps) {
  const { databaseUrl, sweeps, log, requestMs } = deps;
  const sql = connect(databaseUrl, { max: 4, name: 'pulls' });
  const session = openSession(databaseUrl, { name: 'pulls', statementMs });
  const inFlight = new Map<number, Promise<void>>();
  let stopped = false;
  // A step requests a link and then the file, and either may take `requestMs`.
  const stepDeps: StepDeps = {
    ...deps,
    sql,
    session,
    clock: sweeps.clock,
    leaseMs: requestMs * 3 + 30_000,
    isStopping: () => stopped,
  };

  const sweep = sweeps.add({
    event: 'pull_sweep.failed',
    isDue: () => isPullWorkDue,
    task: async () => {
      await finishPulls(sql, log, deps.wakePull);
      await dropOrphanedPages(sql, session);
      await reactToCurrents(sql);
      for (const due of await findDuePulls(sql, maxInFlight * 4)) {
        if (stopped || inFlight.size >= maxInFlight) break;
        if (!inFlight.has(due.cohortId)) inFlight.set(due.cohortId, run(due));
      }
    },
  });
  const cleanup = startPeriodic(log, 'pull_cleanup.failed', cleanupMs, () => runPullCleanup(sql));

  async function run(due: DuePull): Promise<void> {
    try {
      await runStep(stepDeps, due);
    } catch (error) {
      if (!stopped)
        log.warn(
          { event: 'pull_step.failed', cohort: due.cohortId, err: error },
          'a pull step was not recorded; it is repeated',
        );
    }
    inFlight.delete(due.cohortId);
    // Another due step may wait for this slot.
    if (inFlight.size === maxInFlight - 1) sweep.runNow();
  }

  return {
    /** Starts the due steps. Cheap, and may be called at any time. */
    wake: () => sweep.runNow(),
    /** Starts nothing new. A step in flight ends after its next page, or with its partner's response. */
    async stop(): Promise<void> {
      stopped = true;
      await Promise.all([sweep.stop(), cleanup.stop()]);
      await Promise.all(inFlight.values());
      await Promise.all([sql.end({ timeout: stopSeconds }), session.end(stopSeconds)]);
    },
  };
}
