import type { Sql } from '../db/connect.js';

/** What the last check of a Current's ledger found. */
export interface LedgerStatus {
  readonly currentId: number;
  readonly checkedAt: Date;
  /** Up to 200. */
  readonly differenceCount: number;
}

export async function readLedgerChecks(sql: Sql): Promise<readonly LedgerStatus[]> {
  return sql<LedgerStatus[]>`
    select distinct on (c.id) c.id as "currentId", j.finished_at as "checkedAt",
      jsonb_array_length(coalesce(j.result->'differences', '[]'))::int as "differenceCount"
    from job j join current c on c.id::text = j.input->>'currentId' and c.state <> 'deleted'
    where j.operation = 'check_ledger' and j.state = 'done'
    order by c.id, j.finished_at desc, j.id desc`;
}
