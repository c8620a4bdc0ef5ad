import type { Sql } from '../db/connect.js';

/** What the checks of a Current's ledger found. */
export interface LedgerStatus {
  readonly currentId: number;
  readonly checkedAt: Date;
  /** Up to 200. */
  readonly differenceCount: number;
}

/**
 * Of each Current what the continuous check and the last job `check_ledger` found. What the job found stands until a full
 * round of the continuous check that began after it.
 */
export async function readLedgerChecks(sql: Sql): Promise<readonly LedgerStatus[]> {
  return sql<LedgerStatus[]>`
    with job_check as (
      select distinct on (input->>'currentId') input->>'currentId' as current_id, finished_at,
        jsonb_array_length(coalesce(result->'differences', '[]'))::int as differences
      from job where operation = 'check_ledger' and state = 'done'
      order by input->>'currentId', finished_at desc, id desc
    ), open as (
      select current_id, count(*)::int as differences, max(last_seen_at) as seen_at
      from ledger_difference where resolved_at is null group by current_id
    )
    select c.id as "currentId", greatest(j.finished_at, s.checked_at, o.seen_at) as "checkedAt",
      least(200, greatest(coalesce(o.differences, 0),
        case when s.checked_since > j.finished_at then 0 else coalesce(j.differences, 0) end)) as "differenceCount"
    from current c
      left join ledger_scan s on s.checked_since >= c.created_at
      left join job_check j on j.current_id = c.id::text
      left join open o on o.current_id = c.id
    where c.state <> 'deleted' and coalesce(j.finished_at, s.checked_at, o.seen_at) is not null
    order by c.id`;
}

/** The continuous check of all ledgers. */
export interface LedgerScanStatus {
  /** When its last full round ended; null before the first one has. */
  readonly checkedAt: Date | null;
}

export async function readLedgerScan(sql: Sql): Promise<LedgerScanStatus> {
  const [row] = await sql<LedgerScanStatus[]>`select checked_at as "checkedAt" from ledger_scan`;
  return row ?? { checkedAt: null };
}
