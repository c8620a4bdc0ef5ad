import type { Http } from '@currents/connector';
import type { Logger } from 'pino';
import { createProber } from '../circuitBreaker.js';
import type { Sql } from '../db/connect.js';
import { testConnection } from '../delivery/compression.js';
import { isUsable, loadCurrent, type LoadCurrentOptions } from '../loadCurrent.js';
import type { Metrics } from '../process/metrics.js';
import { countResponses } from './countResponses.js';

export interface CurrentProberDeps extends LoadCurrentOptions {
  readonly sql: Sql;
  readonly http: Http;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly wake: (currentId: number) => void;
}

/** Probes blocked Currents by the test request of their connector. */
export function createCurrentProber(deps: CurrentProberDeps) {
  const { sql, http, log, metrics, wake } = deps;
  return createProber({
    sql,
    log,
    table: 'current',
    subject: 'current',
    isPassed: (outcome) => outcome === 'passed',
    onUnblocked: wake,
    async probe(currentId) {
      const current = await loadCurrent(sql, currentId, deps);
      if (!current || !isUsable(current)) return undefined;
      const { connector, settings, credentials } = current;
      return testConnection(connector, { settings, credentials, http: countResponses(http, currentId, metrics) });
    },
  });
}
