import type { Logger } from 'pino';
import { connect } from '../db/connect.js';
import type { Metrics } from '../process/metrics.js';
import { applyNext } from './applyChanges.js';
import { runCohortCleanup } from './cohortCleanup.js';
import { openSession, type Session } from '../db/session.js';

export interface CohortWorkDeps {
  readonly databaseUrl: string;
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'applied'>;
  readonly retentionDays: number;
}

export interface CohortWork {
  /** Look whether changes of a cohort wait. Cheap, and safe to call at any time. */
  wake(cohortId: number): void;
  /** Takes nothing new. What is under way gets some seconds to end; given up, it is begun anew by the next worker. */
  stop(): Promise<void>;
}

/** Cohorts that one worker has in hand at once. */
const maxInFlight = 2;
const sweepMs = 500;
const houseMs = 60_000;
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;
/** For what takes longer when there are millions of members, the transaction itself says so. */
const statementMs = 120_000;
const farewellSeconds = 5;

/** Applies what partners push, until it is stopped. Any number of workers may do so at once. */
export function startCohortWork(deps: CohortWorkDeps): CohortWork {
  const { databaseUrl, log, metrics, retentionDays } = deps;
  const sql = connect(databaseUrl, { max: 1, name: 'cohorts' });
  const [house, ...free] = Array.from({ length: maxInFlight + 1 }, () =>
    openSession(databaseUrl, { name: 'cohorts', statementMs }),
  ) as [Session, ...Session[]];
  const sessions = [house, ...free];
  const waiting = new Set<number>();
  const inHand = new Map<number, { again: boolean }>();
  const hands = new Set<Promise<void>>();
  const troubled = new Map<number, { failures: number; untilMs: number }>();
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let houseDueMs = 0;

  function wake(cohortId: number): void {
    const held = inHand.get(cohortId);
    if (held) held.again = true;
    else waiting.add(cohortId);
    takeUp();
  }

  function takeUp(): void {
    for (const cohortId of waiting) {
      if (stopped) return;
      if ((troubled.get(cohortId)?.untilMs ?? 0) > Date.now()) {
        waiting.delete(cohortId);
        continue;
      }
      const session = free.pop();
      if (!session) return;
      waiting.delete(cohortId);
      const held = { again: false };
      inHand.set(cohortId, held);
      const hand: Promise<void> = work(cohortId, session, held).finally(() => {
        hands.delete(hand);
        free.push(session);
        inHand.delete(cohortId);
        if (held.again) waiting.add(cohortId);
        takeUp();
      });
      hands.add(hand);
    }
  }

  /** Applies run after run until nothing waits. Whatever is left undone, the sweep finds. */
  async function work(cohortId: number, session: Session, held: { again: boolean }): Promise<void> {
    try {
      while (!stopped) {
        held.again = false;
        const startedMs = Date.now();
        const applied = await applyNext(session, cohortId);
        if (applied.outcome !== 'applied') break;
        const { partner, kind, given, moved, storedAt } = applied;
        const endedMs = Date.now();
        metrics.applied(
          partner,
          moved,
          storedAt.map((at) => endedMs - at.getTime()),
        );
        log.info({
          event: 'cohort.applied',
          cohort: cohortId,
          kind,
          changes: storedAt.length,
          given,
          ...moved,
          ms: endedMs - startedMs,
        });
      }
      troubled.delete(cohortId);
    } catch (error) {
      if (stopped) return;
      const failures = (troubled.get(cohortId)?.failures ?? 0) + 1;
      const pauseMs = Math.min(firstPauseMs * 2 ** (failures - 1), longestPauseMs);
      troubled.set(cohortId, { failures, untilMs: Date.now() + pauseMs });
      log.warn(
        { event: 'cohort.error', cohort: cohortId, failures, err: error },
        'changes of a cohort could not be applied; they are kept, and tried again',
      );
    }
  }

  async function sweep(): Promise<void> {
    try {
      const overdue = await sql<
        { cohort_id: number }[]
      >`select distinct cohort_id from cohort_change where state = 'pending'`;
      for (const { cohort_id: cohortId } of overdue) wake(cohortId);
      if (Date.now() >= houseDueMs) {
        houseDueMs = Date.now() + houseMs;
        await runCohortCleanup({ sql, session: house, log, retentionDays });
      }
    } catch (error) {
      if (stopped) return;
      log.warn({ event: 'cohort.sweep_error', err: error }, 'a sweep of the cohorts failed; the next one follows');
    }
  }

  let round = Promise.resolve();
  function next(): void {
    if (stopped) return;
    round = sweep().finally(() => {
      if (!stopped) timer = setTimeout(next, sweepMs);
    });
  }
  next();

  return {
    wake,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await Promise.all([
        sql.end({ timeout: farewellSeconds }),
        ...sessions.map((session) => session.end(farewellSeconds)),
      ]);
      await Promise.all([round, ...hands]);
    },
  };
}
