import postgres from 'postgres';
import { exponentialBackoffMs } from '../retry.js';

/** A pool of raw connections. Days are text (`2026-01-31`), 64-bit integers are text, instants are `Date`. */
export type Sql = postgres.Sql<{ date: string }>;

/** How long a statement may run, unless something else is said. */
export const statementMs = 30_000;
/** How long an end waits for queries under way. */
const endSeconds = 5;

const reconnectBackoff = { firstMs: 200, maxMs: 2_000 };

interface ConnectOptions {
  readonly max: number;
  readonly name: string;
  readonly statementMs?: number;
  /** Never renew a connection by itself. */
  readonly keep?: boolean;
  readonly onClose?: () => void;
  /** For few statements, known beforehand and run all the time, each of which touches a few rows of large tables. */
  readonly hotPath?: boolean;
  /** For what is simply done again when a crash of the database server has undone the last second of it. */
  readonly mayForget?: boolean;
}

/**
 * A plan that is made while a table is small reads the whole of it, and would go on to do so as it grows. These
 * statements find all they need by an index, so they are planned once, and to use it.
 */
export const plannedOnce = { plan_cache_mode: 'force_generic_plan', enable_seqscan: 'off', jit: 'off' };

/**
 * Opens a pool; connects on first use. Sessions run in UTC, and no statement runs longer than `statementMs`.
 *
 * The hot path and drizzle each have a pool of their own, because drizzle changes how a client it is given
 * serialises dates and JSON.
 */
export function connect(url: string, options: ConnectOptions): Sql {
  const sql = postgres(url, {
    // Connections are renewed from time to time, unless something hangs on this very one.
    ...(options.keep && { max_lifetime: null }),
    ...(options.onClose && { onclose: options.onClose }),
    max: options.max,
    connect_timeout: 5,
    backoff: (tries) => exponentialBackoffMs(tries, reconnectBackoff) / 1000,
    onnotice: () => undefined,
    types: { date: { to: 1082, from: [1082], serialize: (day: string) => day, parse: (day: string) => day } },
    connection: {
      application_name: `currents-${options.name}`,
      TimeZone: 'UTC',
      statement_timeout: options.statementMs ?? statementMs,
      ...(options.hotPath && plannedOnce),
      ...(options.mayForget && { synchronous_commit: 'off' }),
    },
  });
  const { end } = sql;
  // A query on a connection that was lost at the wrong moment is never answered: an end does not wait for it for ever.
  sql.end = (ending) => end({ timeout: endSeconds, ...ending });
  return sql;
}
