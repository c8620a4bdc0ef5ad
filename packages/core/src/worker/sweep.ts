import { releaseDeadLeases, type WorkerLeases } from '../db/workerLeases.js';
import { endCancelled, hasCancelled } from '../delivery/endCancelled.js';
import { expireBlocked, expireDeleted } from '../delivery/expire.js';
import { describeDeadLetters, hasUndescribed } from '../ledger/describeDeadLetters.js';
import type { Metrics } from '../process/metrics.js';
import type { Sweeps } from '../sweeps.js';
import { startPeriodic } from '../process/periodic.js';
import { hasDueProbe } from '../circuitBreaker.js';
import { endProbations, isProbationDue } from './credentialProbation.js';
import { createCurrentProber, type CurrentProberDeps } from './currentProber.js';
import { runRetention, type RetentionDeps } from './retention.js';

interface SweepDeps extends CurrentProberDeps, RetentionDeps {
  readonly sweeps: Sweeps;
  readonly metrics: Metrics;
  readonly windowMs: number;
  readonly shard: number;
  /** Replayed events of this Current are due. */
  readonly wakeReplay: (currentId: number) => void;
  readonly workerLeases: Pick<WorkerLeases, 'newLease' | 'updateLive' | 'hasOthers'>;
}

/** Deleted Currents have a moment until their ledgers balance. */
const deletedMs = 5_000;
const retentionMs = 10 * 60_000;

/**
 * Wakes the delivery loops of overdue Currents, probes blocked ones, expires what will not be delivered, and drops old
 * partitions. Any number of workers may run it concurrently.
 */
export function startSweep(deps: SweepDeps) {
  const { log, sweeps, workerLeases } = deps;
  const prober = createCurrentProber(deps);
  const event = 'delivery_sweep.failed';
  let overdueCount = 0;
  let isStopped = false;
  const ending = { ...deps, isStopping: () => isStopped };
  const periodics = [
    sweeps.add({
      event,
      // A single worker has no leases of others to release.
      isDue: () => (workerLeases.hasOthers() ? 'true' : '(select count(*) from worker_lease) > 1'),
      task: () => releaseDead(deps),
    }),
    sweeps.add({
      event,
      isDue: () => (overdueCount > 0 ? 'true' : anythingPending),
      task: async () => void (overdueCount = await wakeOverdue(deps)),
    }),
    sweeps.add({ event, isDue: () => hasDueProbe('current'), task: prober.start }),
    sweeps.add({
      event,
      isDue: () => "exists (select from current where state = 'blocked')",
      task: () => expireBlocked(ending),
    }),
    sweeps.add({ event, isDue: () => anyReplayPending, task: () => wakeReplays(deps) }),
    sweeps.add({ event, isDue: () => hasCancelled, task: () => endCancelled(ending) }),
    sweeps.add({
      event: 'dead_letters.describe_failed',
      isDue: () => hasUndescribed,
      task: async () => void (await describeDeadLetters(deps.sql)),
    }),
    sweeps.add({ event: 'probation_sweep.failed', isDue: () => isProbationDue, task: () => endProbations(deps) }),
    startPeriodic(log, event, deletedMs, () => expireDeleted(ending)),
  ];
  const retention = startPeriodic(log, 'retention.failed', retentionMs, () => runRetention(deps));
  return {
    async stop() {
      isStopped = true;
      await Promise.all([retention.stop(), ...periodics.map((periodic) => periodic.stop())]);
      await prober.end();
    },
  };
}

/** Of the partial index of pending deliveries it reads the first entry of each day: what is due is looked for if there is any. */
const anythingPending = 'exists (select from delivery where pending > 0)';

async function releaseDead({ sql, log, workerLeases }: SweepDeps): Promise<void> {
  const { released, live } = await releaseDeadLeases(sql);
  workerLeases.updateLive(live);
  if (released > 0)
    log.warn(
      { event: 'leases.released', leases: released },
      'a worker died; its deliveries and pull steps are due again',
    );
}

const anyReplayPending = 'exists (select from delivery where replay_id is not null and pending > 0)';

async function wakeReplays({ sql, wakeReplay }: SweepDeps): Promise<void> {
  const due = await sql<{ id: number }[]>`
    select id from current c
    where state = 'live' and (deferral_until is null or deferral_until <= now()) and exists (
      select from delivery d
      where d.current_id = c.id and d.replay_id is not null and d.pending > 0 and d.due_at <= now())`;
  for (const { id } of due) wakeReplay(id);
}

/** Returns how many Currents it has woken. */
async function wakeOverdue({ sql, metrics, wake }: SweepDeps): Promise<number> {
  const overdue = await sql<{ id: number }[]>`
    select id from current c
    where state = 'live' and (deferral_until is null or deferral_until <= now())
      and exists (
        select from delivery d where d.current_id = c.id and d.replay_id is null and d.pending > 0 and d.due_at <= now())`;
  metrics.swept(overdue.length);
  for (const { id } of overdue) wake(id);
  return overdue.length;
}
