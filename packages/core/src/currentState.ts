import type { Sql } from './db/connect.js';

/** Holds the whole Current until `untilMs`. Requests that fail together count as one failure. */
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

/** Resets the failures in a row of a Current that works again. */
export async function release(sql: Sql, currentId: number): Promise<void> {
  await sql`
    update current set failures = 0, deferral_until = null, deferral_code = null, deferral_detail = null
    where id = ${currentId} and failures > 0`;
}
