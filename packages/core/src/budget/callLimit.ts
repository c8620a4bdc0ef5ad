import type { Sql } from '../db/connect.js';

/** So many calls at once, and as many in each minute after that. */
export interface CallLimit {
  /** What the limit is for, with what it is counted by: `test_event:7`. */
  readonly key: string;
  readonly perMinute: number;
}

/**
 * Counts a call under a limit that all processes share, by the generic cell rate algorithm (GCRA, ITU-T I.371).
 * @returns 0, or the milliseconds until a call is allowed again; then this one is not counted.
 */
export async function countCall(sql: Sql, { key, perMinute }: CallLimit): Promise<number> {
  const intervalMs = 60_000 / perMinute;
  const burstMs = intervalMs * (perMinute - 1);
  const name = `call:${key}`;
  const [counted] = await sql`
    insert into budget_bucket as b (key, tat, lead_ms, cost_ms, max_lead_ms)
    values (${name}, now() + ${intervalMs}::float8 * interval '1 millisecond', 0, ${intervalMs}, 60000)
    on conflict (key) do update set tat = greatest(b.tat, now()) + ${intervalMs}::float8 * interval '1 millisecond'
    where b.tat <= now() + ${burstMs}::float8 * interval '1 millisecond'
    returning 1`;
  if (counted) return 0;
  const [row] = await sql<{ aheadMs: number }[]>`
    select extract(epoch from tat - now())::float8 * 1000 as "aheadMs" from budget_bucket where key = ${name}`;
  return Math.max(1, Math.ceil((row?.aheadMs ?? 0) - burstMs));
}
