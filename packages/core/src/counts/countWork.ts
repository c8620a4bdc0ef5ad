import type { Logger } from 'pino';
import type { Sql } from '../db/connect.js';
import { foldEntries } from './foldEntries.js';
import type { LatencyRecorder } from './latencyRecorder.js';
import { sampleTally } from './sampleTally.js';

interface CountWorkDeps {
  readonly sql: Sql;
  readonly log: Logger;
  readonly latencies: Pick<LatencyRecorder, 'flush'>;
}

const minuteMs = 60_000;
/** After the end of a minute, so that its last events are counted in it. */
const afterMinuteMs = 500;

/** Writes the counts of each minute just after it has ended. Every worker runs it; one of them counts for the hub. */
export function startCountWork({ sql, log, latencies }: CountWorkDeps) {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let isStopped = false;

  async function run(): Promise<void> {
    try {
      await latencies.flush();
      await foldEntries(sql);
      await sampleTally(sql);
    } catch (err) {
      if (!isStopped)
        log.warn(
          { event: 'counts.failed', err },
          'the counts of a minute could not be written; the next minute has them',
        );
    }
  }

  function schedule(): void {
    if (isStopped) return;
    timer = setTimeout(
      () => {
        running = run().finally(schedule);
      },
      minuteMs - (Date.now() % minuteMs) + afterMinuteMs,
    );
  }

  // After a restart the counts of the minutes before are written at once.
  running = run().finally(schedule);
  return {
    /** Writes the latencies that are still in memory, and resolves when nothing is under way. */
    async stop(): Promise<void> {
      isStopped = true;
      clearTimeout(timer);
      await running;
      await latencies.flush().catch(() => undefined);
    },
  };
}
