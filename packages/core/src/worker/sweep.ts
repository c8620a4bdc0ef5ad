import { expireBlocked, expireDeleted } from '../delivery/expire.js';
import type { Metrics } from '../process/metrics.js';
import { releaseDeadLeases, type WorkerLeases } from '../db/workerLeases.js';
import { openProbes, type ProbeDeps } from './probes.js';
import { runRetention } from './retention.js';

export interface SweepDeps extends ProbeDeps {
  readonly metrics: Metrics;
  readonly windowMs: number;
  readonly retentionDays: number;
  readonly shard: number;
  readonly workerLeases: Pick<WorkerLeases, 'newLease' | 'updateLive'>;
}

export interface Sweep {
  stop(): Promise<void>;
}

const sweepMs = 500;
const houseMs = 10 * 60_000;

/**
 * Finds whatever is overdue and wakes its lane; has blocked Currents probed; expires what nobody will deliver any more;
 * drops the partitions of days past. Everything here may run in any number of workers at once.
 */
export function startSweep(deps: SweepDeps): Sweep {
  const probes = openProbes(deps);
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let round = Promise.resolve();
  let houseDueMs = 0;

  async function sweep(): Promise<void> {
    try {
      const { released, live } = await releaseDeadLeases(deps.sql);
      deps.workerLeases.updateLive(live);
      if (released > 0)
        deps.log.warn(
          { event: 'leases.released', leases: released },
          'a worker died; what it had under way is tried again',
        );
      await wakeOverdue(deps);
      await probes.begin();
      await expireBlocked(deps);
      await expireDeleted(deps);
      if (Date.now() >= houseDueMs) {
        await runRetention(deps);
        houseDueMs = Date.now() + houseMs;
      }
    } catch (error) {
      deps.log.warn({ event: 'sweep.error', err: error }, 'a sweep failed; the next one follows');
    }
  }

  function next(): void {
    if (stopped) return;
    round = sweep().finally(() => {
      timer = setTimeout(next, sweepMs);
    });
  }

  next();
  return {
    async stop() {
      stopped = true;
      await round;
      clearTimeout(timer);
      await probes.end();
    },
  };
}

async function wakeOverdue({ sql, metrics, wake }: SweepDeps): Promise<void> {
  const overdue = await sql<{ id: number }[]>`
    select id from current c
    where state = 'live' and (deferral_until is null or deferral_until <= now())
      and exists (select from delivery d where d.current_id = c.id and d.pending > 0 and d.due_at <= now())`;
  metrics.swept(overdue.length);
  for (const { id } of overdue) wake(id);
}
