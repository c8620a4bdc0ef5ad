import type { Logger } from 'pino';
import type { Sql } from './db/connect.js';
import { expireBlocked, expireDeleted } from './expire.js';
import type { Metrics } from './metrics.js';
import { takeDueProbes, unblock } from './obstacle.js';
import { releaseDead, type Presence } from './presence.js';
import { keepHouse } from './retention.js';
import { isWorking, readWorking, type WorkingOptions } from './working.js';
import type { Http } from '@currents/connector';

export interface SweepDeps extends WorkingOptions {
  readonly sql: Sql;
  readonly http: Http;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly windowMs: number;
  readonly retentionDays: number;
  readonly shard: number;
  readonly presence: Pick<Presence, 'newLease' | 'saw'>;
  readonly wake: (currentId: number) => void;
}

export interface Sweep {
  stop(): Promise<void>;
}

const sweepMs = 500;
const houseMs = 10 * 60_000;

/**
 * Finds whatever is overdue and wakes its lane; probes blocked Currents; expires what nobody will deliver any more;
 * drops the partitions of days past. Everything here may run in any number of workers at once.
 */
export function startSweep(deps: SweepDeps): Sweep {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let round = Promise.resolve();
  let houseDueMs = 0;

  async function sweep(): Promise<void> {
    try {
      const { released, living } = await releaseDead(deps.sql);
      deps.presence.saw(living);
      if (released > 0) deps.log.warn({ event: 'leases.released', leases: released }, 'a worker died; what it had under way is tried again');
      await wakeOverdue(deps);
      await probeBlocked(deps);
      await expireBlocked(deps);
      await expireDeleted(deps);
      if (Date.now() >= houseDueMs) {
        await keepHouse(deps);
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
    },
  };
}

async function wakeOverdue({ sql, metrics, wake }: SweepDeps): Promise<void> {
  const overdue = await sql<{ id: number }[]>`
    select id from current c
    where state = 'live' and (hold_until is null or hold_until <= now())
      and exists (select from delivery d where d.current_id = c.id and d.pending > 0 and d.due_at <= now())`;
  metrics.swept(overdue.length);
  for (const { id } of overdue) wake(id);
}

async function probeBlocked(deps: SweepDeps): Promise<void> {
  const { sql, http, log, wake } = deps;
  for (const { currentId, probes } of await takeDueProbes(sql)) {
    const working = await readWorking(sql, currentId, deps);
    if (!working || !isWorking(working)) continue;
    const { connector, settings, credentials } = working;
    const { outcome } = await connector.test({ settings, credentials, http });
    log.info({ event: 'current.probed', current: currentId, probe: probes, outcome });
    if (outcome === 'passed' && (await unblock(sql, currentId))) {
      log.info({ event: 'current.unblocked', current: currentId });
      wake(currentId);
    }
  }
}
