import { releaseDeadLeases, type WorkerLeases } from '../db/workerLeases.js';
import { expireBlocked, expireDeleted } from '../delivery/expire.js';
import type { Metrics } from '../process/metrics.js';
import { startPeriodic } from '../process/periodic.js';
import { createCurrentProber, type CurrentProberDeps } from './currentProber.js';
import { runRetention, type RetentionDeps } from './retention.js';

interface SweepDeps extends CurrentProberDeps, RetentionDeps {
  readonly metrics: Metrics;
  readonly windowMs: number;
  readonly shard: number;
  readonly workerLeases: Pick<WorkerLeases, 'newLease' | 'updateLive'>;
}

const sweepMs = 500;
const retentionMs = 10 * 60_000;

/**
 * Wakes the delivery loops of overdue Currents, probes blocked ones, expires what will not be delivered, and drops old
 * partitions. Any number of workers may run it concurrently.
 */
export function startSweep(deps: SweepDeps) {
  const { log } = deps;
  const prober = createCurrentProber(deps);
  const sweep = startPeriodic(log, 'delivery_sweep.failed', sweepMs, async () => {
    await releaseDead(deps);
    await wakeOverdue(deps);
    await prober.start();
    await expireBlocked(deps);
    await expireDeleted(deps);
  });
  const retention = startPeriodic(log, 'retention.failed', retentionMs, () => runRetention(deps));
  return {
    async stop() {
      await Promise.all([sweep.stop(), retention.stop()]);
      await prober.end();
    },
  };
}

async function releaseDead({ sql, log, workerLeases }: SweepDeps): Promise<void> {
  const { released, live } = await releaseDeadLeases(sql);
  workerLeases.updateLive(live);
  if (released > 0)
    log.warn(
      { event: 'leases.released', leases: released },
      'a worker died; its deliveries and pull steps are due again',
    );
}

async function wakeOverdue({ sql, metrics, wake }: SweepDeps): Promise<void> {
  const overdue = await sql<{ id: number }[]>`
    select id from current c
    where state = 'live' and (deferral_until is null or deferral_until <= now())
      and exists (select from delivery d where d.current_id = c.id and d.pending > 0 and d.due_at <= now())`;
  metrics.swept(overdue.length);
  for (const { id } of overdue) wake(id);
}
