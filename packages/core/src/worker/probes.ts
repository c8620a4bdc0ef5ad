import type { Http } from '@currents/connector';
import type { Logger } from 'pino';
import type { Sql } from '../db/connect.js';
import { takeDueProbes, unblock, type DueProbe } from '../currentState.js';
import { isUsable, loadCurrent, type LoadCurrentOptions } from '../loadCurrent.js';

export interface ProbeDeps extends LoadCurrentOptions {
  readonly sql: Sql;
  readonly http: Http;
  readonly log: Logger;
  readonly wake: (currentId: number) => void;
}

export interface Probes {
  /** Begins every probe that is due, and waits for none. */
  begin(): Promise<void>;
  /** Resolves when those under way are over. */
  end(): Promise<void>;
}

/** Probes blocked Currents, each by itself: a partner that does not answer holds up neither a sweep nor another probe. */
export function openProbes(deps: ProbeDeps): Probes {
  const underWay = new Map<number, Promise<void>>();
  return {
    async begin() {
      for (const due of await takeDueProbes(deps.sql)) {
        const { currentId } = due;
        if (underWay.has(currentId)) continue;
        underWay.set(
          currentId,
          probe(due, deps).finally(() => underWay.delete(currentId)),
        );
      }
    },
    end: async () => void (await Promise.all(underWay.values())),
  };
}

/** Never rejects: the next probe is due already. */
async function probe({ currentId, probes }: DueProbe, deps: ProbeDeps): Promise<void> {
  const { sql, http, log, wake } = deps;
  try {
    const working = await loadCurrent(sql, currentId, deps);
    if (!working || !isUsable(working)) return;
    const { connector, settings, credentials } = working;
    const { outcome } = await connector.test({ settings, credentials, http });
    log.info({ event: 'current.probed', current: currentId, probe: probes, outcome });
    if (outcome !== 'passed' || !(await unblock(sql, currentId))) return;
    log.info({ event: 'current.unblocked', current: currentId });
    wake(currentId);
  } catch (error) {
    log.warn(
      { event: 'probe.error', current: currentId, err: error },
      'a blocked Current could not be probed; the next probe follows',
    );
  }
}
