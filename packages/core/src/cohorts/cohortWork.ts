import type { Logger } from 'pino';
import { connect } from '../db/connect.js';
import { isCode, readOnlyTransaction } from '../db/errors.js';
import { openSession, type Session } from '../db/session.js';
import type { Sweeps } from '../sweeps.js';
import type { Metrics } from '../process/metrics.js';
import { wholeSetMs } from './memberSet.js';
import { isLostConnection } from '../process/lostConnections.js';
import { startPeriodic } from '../process/periodic.js';
import { exponentialBackoffMs } from '../retry.js';
import { applyNext } from './applyChanges.js';
import { runCohortCleanup } from './cohortCleanup.js';

interface CohortWorkDeps {
  readonly databaseUrl: string;
  readonly sweeps: Sweeps;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'applied'>;
  readonly retentionDays: number;
}

/** The cohorts to which one worker applies changes concurrently. */
const maxInFlight = 2;
const cleanupMs = 60_000;
const errorBackoff = { firstMs: 1_000, maxMs: 60_000 };
/** The cohort is not at fault, so it goes on soon after the database is back. */
const outageBackoff = { firstMs: 1_000, maxMs: 5_000 };
/** A transaction that takes longer, because there are millions of members, sets its own timeout. */
const statementMs = 120_000;
const stopSeconds = 5;

/** Applies pushed changes to cohorts, until it is stopped. Any number of workers may do so concurrently. */
export function startCohortWork(deps: CohortWorkDeps) {
  const { databaseUrl, sweeps, log, metrics, retentionDays } = deps;
  const { clock } = sweeps;
  const sql = connect(databaseUrl, { max: 1, name: 'cohorts' });
  const [cleanupSession, ...free] = Array.from({ length: maxInFlight + 1 }, () =>
    openSession(databaseUrl, { name: 'cohorts', statementMs, maxStatementMs: wholeSetMs }),
  ) as [Session, ...Session[]];
  const sessions = [cleanupSession, ...free];
  const waiting = new Set<number>();
  const inFlight = new Map<number, Promise<void>>();
  const failed = new Map<number, { failures: number; untilMs: number }>();
  let stopped = false;

  function wake(cohortId: number): void {
    waiting.add(cohortId);
    startWaiting();
  }

  function startWaiting(): void {
    for (const cohortId of waiting) {
      if (stopped) return;
      if (inFlight.has(cohortId)) continue;
      if ((failed.get(cohortId)?.untilMs ?? 0) > performance.now()) {
        waiting.delete(cohortId);
        continue;
      }
      const session = free.pop();
      if (!session) return;
      const run = applyAll(cohortId, session).finally(() => {
        free.push(session);
        inFlight.delete(cohortId);
        startWaiting();
      });
      inFlight.set(cohortId, run);
    }
  }

  /** Applies changes until none is pending. The sweep finds whatever is left. */
  async function applyAll(cohortId: number, session: Session): Promise<void> {
    try {
      // A wake-up in between may be about changes that this has just missed.
      do waiting.delete(cohortId);
      while (!stopped && (await apply(cohortId, session)));
      failed.delete(cohortId);
    } catch (error) {
      if (stopped) return;
      const failures = (failed.get(cohortId)?.failures ?? 0) + 1;
      const isOutage = isLostConnection(error) || isCode(error, readOnlyTransaction);
      const waitMs = exponentialBackoffMs(failures, isOutage ? outageBackoff : errorBackoff);
      failed.set(cohortId, { failures, untilMs: performance.now() + waitMs });
      log.warn(
        { event: 'cohort.apply_failed', cohort: cohortId, failures, err: error },
        'changes of a cohort were not applied; they are kept and retried',
      );
    }
  }

  async function apply(cohortId: number, session: Session): Promise<boolean> {
    const startedMs = clock.now();
    const applied = await applyNext(session, cohortId);
    if (applied.outcome !== 'applied') return false;
    const { partner, kind, given, moved, storedAt } = applied;
    const endedMs = clock.now();
    metrics.applied(
      partner,
      moved,
      storedAt.map((at) => endedMs - at.getTime()),
    );
    const ms = Math.round(endedMs - startedMs);
    log.info({ event: 'cohort.applied', cohort: cohortId, kind, changes: storedAt.length, given, ...moved, ms });
    return true;
  }

  const periodics = [
    sweeps.add({
      event: 'cohort_sweep.failed',
      isDue: () => "exists (select from cohort_change where state = 'pending')",
      task: async () => {
        const overdue = await sql<{ id: number }[]>`
          select distinct cohort_id as id from cohort_change where state = 'pending'`;
        for (const { id } of overdue) wake(id);
      },
    }),
    startPeriodic(log, 'cohort_cleanup.failed', cleanupMs, () =>
      runCohortCleanup({ sql, session: cleanupSession, log, retentionDays }),
    ),
  ];

  return {
    /** Applies the pending changes of a cohort. Cheap, and may be called at any time. */
    wake,
    /** Starts nothing new. Work in flight has some seconds to end; what is aborted is repeated by another worker. */
    async stop(): Promise<void> {
      stopped = true;
      const ended = Promise.all(periodics.map((periodic) => periodic.stop()));
      await Promise.all([sql.end({ timeout: stopSeconds }), ...sessions.map((session) => session.end(stopSeconds))]);
      await Promise.all([ended, ...inFlight.values()]);
    },
  };
}
