import type { StreamingHttp } from '@currents/connector';
import type { Logger } from 'pino';
import { openSession } from '../db/session.js';
import { connect } from '../db/connect.js';
import type { Metrics } from '../process/metrics.js';
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
  /** Look what is due. Cheap, and safe to call at any time. */
  wake(): void;
  /** Takes nothing new. A step under way ends with its next page, and is left where it was, or with its partner's answer. */
  stop(): Promise<void>;
}

/** Steps that one worker has in hand at once: each waits for its partner most of the time, and holds a page of members. */
const maxInFlight = 16;
const sweepMs = 500;
const houseMs = 3_600_000;
const farewellSeconds = 5;
const statementMs = 30_000;

/** Pulls what is due, step by step, until it is stopped. Any number of workers may do so at once. */
export function startPullWork(deps: PullWorkDeps): PullWork {
  const { databaseUrl, log, requestMs } = deps;
  const sql = connect(databaseUrl, { max: 4, name: 'pulls' });
  const session = openSession(databaseUrl, { name: 'pulls', statementMs });
  const hands = new Map<number, Promise<void>>();
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let houseDueMs = 0;
  let round: Promise<void> | undefined;
  let again = false;
  // A step asks for a link and then for the file, and either may take as long as an answer may.
  const stepDeps: StepDeps = { ...deps, sql, session, leaseMs: requestMs * 3 + 30_000, stopped: () => stopped };

  function wake(): void {
    again = true;
    takeRound();
  }

  function takeRound(): void {
    if (stopped || round) return;
    clearTimeout(timer);
    again = false;
    round = sweep().finally(() => {
      round = undefined;
      if (again) takeRound();
      else if (!stopped) timer = setTimeout(takeRound, sweepMs);
    });
  }

  async function sweep(): Promise<void> {
    try {
      await finishPulls(sql, log, deps.wakePull);
      await dropOrphanedPages(sql, session);
      await reactToCurrents(sql);
      for (const due of await findDuePulls(sql, maxInFlight * 4)) {
        if (stopped || hands.size >= maxInFlight) break;
        if (!hands.has(due.cohortId)) hands.set(due.cohortId, step(due));
      }
      if (Date.now() < houseDueMs) return;
      houseDueMs = Date.now() + houseMs;
      await runPullCleanup(sql);
    } catch (error) {
      if (!stopped) log.warn({ event: 'pulls.error', err: error }, 'a sweep of the pulls failed; the next one follows');
    }
  }

  async function step(due: DuePull): Promise<void> {
    try {
      await runStep(stepDeps, due);
    } catch (error) {
      if (!stopped)
        log.warn(
          { event: 'pull.error', cohort: due.cohortId, err: error },
          'a step of a pull was not recorded; it is made again when its lease ends',
        );
    }
    hands.delete(due.cohortId);
    // Somebody may be waiting for the hand.
    if (hands.size === maxInFlight - 1) wake();
  }

  takeRound();
  return {
    wake,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await round;
      await Promise.all(hands.values());
      await Promise.all([sql.end({ timeout: farewellSeconds }), session.end(farewellSeconds)]);
    },
  };
}
