import type { Sql } from './db/connect.js';
import { firstProbeAt, nextProbeAt } from './probeTimes.js';

/** The whole Current waits until `untilMs`. Several requests that fail together count as one failure. */
export async function hold(
  sql: Sql,
  currentId: number,
  { untilMs, code, detail }: { readonly untilMs: number; readonly code: string; readonly detail: string },
): Promise<void> {
  await sql`
    update current set
      failures = case when deferral_until > now() then failures else failures + 1 end,
      deferral_until = greatest(deferral_until, to_timestamp(${untilMs}::float8 / 1000)), deferral_code = ${code}, deferral_detail = ${detail}
    where id = ${currentId} and state = 'live'`;
}

/** The Current works again: forgets its failures in a row. */
export async function release(sql: Sql, currentId: number): Promise<void> {
  await sql`
    update current set failures = 0, deferral_until = null, deferral_code = null, deferral_detail = null
    where id = ${currentId} and failures > 0`;
}

/** Nothing passes until a person repairs the Current. Its events stay pending; it is probed from time to time. */
export async function block(
  sql: Sql,
  currentId: number,
  { code, detail }: { readonly code: string; readonly detail: string },
): Promise<boolean> {
  const rows = await sql`
    update current set
      state = 'blocked', state_since = now(), blocked_code = ${code}, blocked_detail = ${detail},
      probes = 0, probe_at = ${firstProbeAt(sql)},
      failures = 0, deferral_until = null, deferral_code = null, deferral_detail = null
    where id = ${currentId} and state = 'live'
    returning id`;
  return rows.length > 0;
}

/** The Current's repair was seen to work: what it kept flows again. */
export async function unblock(sql: Sql, currentId: number): Promise<boolean> {
  const rows = await sql`
    update current set state = 'live', state_since = now(), blocked_code = null, blocked_detail = null, probes = 0, probe_at = null
    where id = ${currentId} and state = 'blocked'
    returning id`;
  return rows.length > 0;
}

export interface DueProbe {
  readonly currentId: number;
  readonly probes: number;
}

/** Takes the blocked Currents whose probe is due, and sets the time of the next one, so that one worker probes at a time. */
export async function takeDueProbes(sql: Sql): Promise<readonly DueProbe[]> {
  const rows = await sql<{ id: number; probes: number }[]>`
    update current set probes = probes + 1, probe_at = ${nextProbeAt(sql)}
    where id in (select id from current where state = 'blocked' and probe_at <= now() for update skip locked)
    returning id, probes`;
  return rows.map(({ id, probes }) => ({ currentId: id, probes }));
}
