import type { Sql } from './db/connect.js';
import { probeWaitsMs } from './retry.js';

/** SQL: when something that was blocked just now is probed first. */
export function firstProbeAt(sql: Sql) {
  return sql`now() + ${probeWaitsMs[0] as number}::int * interval '1 millisecond'`;
}

/** SQL: when a row is probed next that is being probed now, by the probes it counts. */
export function nextProbeAt(sql: Sql) {
  return sql`now() + (${[...probeWaitsMs]}::int[])[least(probes + 2, ${probeWaitsMs.length}::int)] * interval '1 millisecond'`;
}
