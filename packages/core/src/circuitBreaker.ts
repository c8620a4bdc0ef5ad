import type { Logger } from 'pino';
import type { Sql } from './db/connect.js';
import type { Fragment } from './db/session.js';
import { hoursOf, probeWaitsMs, rareProbesMs } from './retry.js';

/** The tables with a circuit breaker, and the prefix of the ids of their rows in the API. */
const idPrefixes = { current: 'cur', segment_webhook: 'whk', notice_webhook: 'nwh', segment_sync: 'ssy' } as const;

/**
 * The circuit breaker (Nygard, "Release It!", 2007) of Currents, webhooks and segment syncs. Live is closed. Blocked is
 * open: nothing is sent, and what is pending is kept for its retry window. A probe makes it live again when it passes.
 */
type BreakerTable = keyof typeof idPrefixes;

/** What the hub does to them, and to pulls, by itself, as the audit log has it: each change is recorded with it, in one statement. */
export const breakerActions = ['block', 'unblock'] as const;

export interface FailureReason {
  readonly code: string;
  readonly detail: string;
}

/** What a row must still have to be blocked: the lease, or the version, with which the refused request was made. */
interface BlockCondition {
  readonly lease?: string;
  readonly version?: number;
}

/**
 * SQL: how many probes count for a row that is blocked now. A probe may pass while real requests are refused: what it
 * made live, and is blocked again soon, is probed less often each time, and not every minute for ever.
 */
const probesSoFar = `case when state_since > now() - ${rareProbesMs} * interval '1 millisecond' then probes else 0 end`;

/**
 * Blocks a live row on these conditions: a refusal of settings or credentials that were replaced meanwhile says nothing
 * about the present ones. Returns whether it did.
 */
export async function block(
  sql: Sql,
  table: BreakerTable,
  id: number,
  { code, detail }: FailureReason,
  { lease, version }: BlockCondition = {},
): Promise<boolean> {
  const blocked = await sql`
    with blocked as (update ${sql(table)} set
      state = 'blocked', state_since = now(), blocked_code = ${code}, blocked_detail = ${detail},
      probes = ${sql.unsafe(probesSoFar)}, probe_at = now() + ${waitAfter(sql, sql.unsafe(probesSoFar))},
      failures = 0, deferral_until = null, deferral_code = null, deferral_detail = null
      ${lease === undefined ? sql`` : sql`, lease = null, leased_until = null`}
    where id = ${id} and state = 'live' ${lease === undefined ? sql`` : sql`and lease = ${lease}::bigint`}
      ${version === undefined ? sql`` : sql`and version = ${version}::int`}
    returning id)
    ${recorded(sql, 'block', table, { code })} from blocked`;
  return blocked.count === 1;
}

/** Makes a blocked row live again, and keeps the number of its probes. Returns whether it did. */
export async function unblock(sql: Sql, table: BreakerTable, id: number): Promise<boolean> {
  const unblocked = await sql`
    with unblocked as (update ${sql(table)} set
      state = 'live', state_since = now(), blocked_code = null, blocked_detail = null, probe_at = null
    where id = ${id} and state = 'blocked'
    returning id)
    ${recorded(sql, 'unblock', table)} from unblocked`;
  return unblocked.count === 1;
}

/** SQL: the wait for the next probe after so many. */
function waitAfter(sql: Sql, probes: Fragment) {
  return sql`(${[...probeWaitsMs]}::int[])[least(${probes} + 1, ${probeWaitsMs.length}::int)] * interval '1 millisecond'`;
}

function recorded(sql: Sql, action: (typeof breakerActions)[number], table: BreakerTable, given?: object) {
  return sql`
    insert into audit_entry (action, actor, target_id, arguments, result, succeeded)
    select ${action}, 'system', ${idPrefixes[table]}::text || '_' || id, ${given ? JSON.stringify(given) : null}::text::jsonb, 'done', true`;
}

interface DueProbe {
  readonly id: number;
  /** The number of this probe, from 1. */
  readonly probes: number;
}

/** An SQL condition: whether a probe of this table is due. */
export const hasDueProbe = (table: BreakerTable): string =>
  `exists (select from ${table} where state = 'blocked' and probe_at <= now())`;

/**
 * Takes the due probes, and schedules the next one of each, so that one worker at a time probes a row. Those that this
 * process is probing stay due: their settings or credentials may have changed since that request was made.
 */
async function takeDueProbes(sql: Sql, table: BreakerTable, inFlight: readonly number[]): Promise<readonly DueProbe[]> {
  return sql<DueProbe[]>`
    update ${sql(table)} set probes = probes + 1, probe_at = now() + ${waitAfter(sql, sql`probes + 1`)}
    where id in (
      select id from ${sql(table)} where state = 'blocked' and probe_at <= now() and id <> all(${[...inFlight]}::int[])
      for update skip locked)
    returning id, probes`;
}

/** The beginning of the detail with which pending work of a blocked Current or webhook expires. */
export function expiredWhileBlocked(what: 'Current' | 'webhook', windowMs: number): string {
  return `kept for the whole retry window of ${hoursOf(windowMs)} h while the ${what} was blocked: `;
}

interface ProberOptions {
  readonly sql: Sql;
  readonly log: Logger;
  readonly table: BreakerTable;
  /** The name in the log: `current.probed` and so on. */
  readonly subject: 'current' | 'webhook' | 'notice_webhook' | 'segment_sync';
  /** Makes one test request. Undefined when that is not possible. */
  readonly probe: (id: number, probes: number) => Promise<{ readonly outcome: string } | undefined>;
  readonly isPassed: (outcome: string) => boolean;
  readonly onUnblocked?: (id: number) => void;
}

/** Probes blocked rows concurrently: a partner that does not answer delays neither a sweep nor another probe. */
export function createProber({ sql, log, table, subject, probe, isPassed, onUnblocked }: ProberOptions) {
  const inFlight = new Map<number, Promise<void>>();

  /** Never rejects: the next probe is already scheduled. */
  async function run({ id, probes }: DueProbe): Promise<void> {
    try {
      const result = await probe(id, probes);
      if (!result) return;
      log.info({ event: `${subject}.probed`, [subject]: id, probe: probes, outcome: result.outcome });
      if (!isPassed(result.outcome) || !(await unblock(sql, table, id))) return;
      log.info({ event: `${subject}.unblocked`, [subject]: id });
      onUnblocked?.(id);
    } catch (error) {
      log.warn({ event: `${subject}.probe_failed`, [subject]: id, err: error }, 'a probe failed; it is repeated later');
    } finally {
      inFlight.delete(id);
    }
  }

  return {
    /** Starts all due probes, and waits for none of them. */
    async start() {
      for (const due of await takeDueProbes(sql, table, [...inFlight.keys()]))
        if (!inFlight.has(due.id)) inFlight.set(due.id, run(due));
    },
    /** Resolves when the probes in flight have ended. */
    end: async () => void (await Promise.all(inFlight.values())),
  };
}
