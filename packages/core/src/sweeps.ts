import type { Logger } from 'pino';
import { startPeriodic } from './process/periodic.js';
import type { Sql } from './db/connect.js';
import { clockColumn, createDatabaseClock } from './db/databaseClock.js';
import { beforeDeadline } from './db/deadline.js';

interface SweepOptions {
  /** Logged when the task failed. */
  readonly event: string;
  /** An SQL condition: whether the task would find something to do. */
  readonly isDue: () => string;
  readonly task: () => Promise<void>;
}

export type Sweeps = ReturnType<typeof startSweeps>;
export type Sweep = ReturnType<Sweeps['add']>;

const defaultSweepMs = 500;
/** All tasks of a worker wait for this one answer, so a connection that was lost without a word may not hold it for long. */
const answerMs = 5_000;

/**
 * Runs tasks when they are due. One statement asks for all of them, because the statements by which each task looks for
 * itself would be most of what an idle hub costs.
 * The same statement reads Postgres' clock.
 * @param sweepMs how long it rests between two statements.
 */
export function startSweeps(sql: Sql, log: Logger, sweepMs = defaultSweepMs) {
  const clock = createDatabaseClock();
  const sweeps = new Set<{ readonly isDue: () => string; readonly runNow: () => void }>();

  const periodic = startPeriodic(log, 'sweeps.failed', sweepMs, async () => {
    const asked = [...sweeps];
    const endSample = clock.sample();
    const [row] = await beforeDeadline(
      sql.unsafe<(Record<string, boolean> & { readonly clock_ms: number })[]>(
        `select ${[`${clockColumn} as clock_ms`, ...asked.map(({ isDue }, index) => `(${isDue()}) as "${index}"`)].join(', ')}`,
        [],
        { prepare: true, simple: false } as { prepare: true },
      ),
      answerMs,
    );
    if (row) endSample(row.clock_ms);
    for (const [index, sweep] of asked.entries()) if (row?.[index] && sweeps.has(sweep)) sweep.runNow();
  });

  return {
    /** The time by Postgres, for times that are stored. */
    clock,
    /** Runs a task at once and whenever it is due, one run at a time. A failure is logged, and the task runs again. */
    add({ event, isDue, task }: SweepOptions) {
      const runs = startPeriodic(log, event, undefined, task);
      const sweep = { isDue, runNow: runs.runNow };
      sweeps.add(sweep);
      return {
        runNow: runs.runNow,
        /** Starts no further run, and resolves when the current one has ended. */
        async stop(): Promise<void> {
          sweeps.delete(sweep);
          await runs.stop();
        },
      };
    },
    /** Asks for nothing from now on. Stop each sweep as well. */
    stop: () => periodic.stop(),
  };
}
