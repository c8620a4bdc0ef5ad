import type { StreamingHttp } from '@currents/connector';
import type { Logger } from 'pino';
import { openSession } from '../db/session.js';
import { connect } from '../db/connect.js';
import type { Metrics } from '../process/metrics.js';
import { startPeriodic } from '../process/periodic.js';
import type { WorkerLeases } from '../db/workerLeases.js';
import type { LoadCurrentOptions } from '../loadCurrent.js';
import { runStep, type DuePull, type StepDeps } from './runStep.js';
import { dropOrphanedPages, findDuePulls, reactToCurrents, runPullCleanup, finishPulls } from './pullSweep.js';

export interface PullWorkDeps extends LoadCurrentOptions {
  readonly databaseUrl: string;
  readonly http: StreamingHttp;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'stepped'>;
  readonly workerLeases: Pick<WorkerLeases, 'newLease'>;
  readonly windowMs: number;
  /** The longest a partner may take to answer, or stand still. */
  readonly requestMs: number;
  readonly wakeCohort: (cohortId: number) => void;
  readonly wakePull: (cohortId: number, afterMs: number) => void;
}

export interface PullWork {
  /** Starts the due steps. Cheap, and may be called at any time. */
  wake(): void;
  /** Starts nothing new. A step in flight ends after its next page, or with its partner's response. */
  stop(): Promise<void>;
}

/** The concurrent steps of one worker: each mostly waits for its partner, and holds a page of members. */
const maxInFlight = 16;
const sweepMs = 500;
const cleanupMs = 3_600_000;
const stopSeconds = 5;
const statementMs = 30_000;

/** Runs the due steps of pulls, until it is stopped. Any number of workers may do so concurrently. */
export function startPullWork(deps: PullWorkDeps): PullWork {
  const { databaseUrl, log, requestMs } = deps;
  const sql = connect(databaseUrl, { max: 4, name: 'pulls' });
  const session = openSession(databaseUrl, { name: 'pulls', statementMs });
  const inFlight = new Map<number, Promise<void>>();
  let stopped = false;
  // A step requests a link and then the file, and either may take `requestMs`.
  const stepDeps: StepDeps = { ...deps, sql, session, leaseMs: requestMs * 3 + 30_000, stopped: () => stopped };

  const sweep = startPeriodic(log, 'pull_sweep.failed', sweepMs, async () => {
    await finishPulls(sql, log, deps.wakePull);
    await dropOrphanedPages(sql, session);
    await reactToCurrents(sql);
    for (const due of await findDuePulls(sql, maxInFlight * 4)) {
      if (stopped || inFlight.size >= maxInFlight) break;
      if (!inFlight.has(due.cohortId)) inFlight.set(due.cohortId, run(due));
    }
  });
  const cleanup = startPeriodic(log, 'pull_cleanup.failed', cleanupMs, () => runPullCleanup(sql));

  async function run(due: DuePull): Promise<void> {
    try {
      await runStep(stepDeps, due);
    } catch (error) {
      if (!stopped)
        log.warn(
          { event: 'pull_step.failed', cohort: due.cohortId, err: error },
          'a pull step was not recorded; it is repeated when its lease expires',
        );
    }
    inFlight.delete(due.cohortId);
    // Another due step may wait for this slot.
    if (inFlight.size === maxInFlight - 1) sweep.runNow();
  }

  return {
    wake: () => sweep.runNow(),
    async stop() {
      stopped = true;
      await Promise.all([sweep.stop(), cleanup.stop()]);
      await Promise.all(inFlight.values());
      await Promise.all([sql.end({ timeout: stopSeconds }), session.end(stopSeconds)]);
    },
  };
}
