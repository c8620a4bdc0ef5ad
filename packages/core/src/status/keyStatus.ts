import { deferralsOf } from '../batch/deferral.js';
import { nearQuotaShare } from '../budget/quotaRecorder.js';
import type { Sql } from '../db/connect.js';

/** How many keys, such as devices, of a Current are throttled, or near their quota. */
export interface KeyStatus {
  readonly currentId: number;
  readonly keyCount: number;
}

/** Deliveries in which throttled keys are looked for. */
const maxDeliveries = 20_000;

/** Keys whose events wait while those of others flow. Reads only deliveries with events that wait. */
export async function readThrottledKeys(sql: Sql): Promise<readonly KeyStatus[]> {
  return sql<KeyStatus[]>`
    select d.current_id as "currentId", count(distinct (e->'budget'->>'name', e->'budget'->>'key'))::int as "keyCount"
    from (select current_id, deferred from delivery where deferred is not null and pending > 0 limit ${maxDeliveries}) d
      cross join lateral ${deferralsOf(sql)} e
    where e ? 'budget' group by d.current_id order by d.current_id`;
}

/** Keys that come near the destination's quota for a long period. */
export async function readKeysNearQuota(sql: Sql): Promise<readonly KeyStatus[]> {
  return sql<KeyStatus[]>`
    select current_id as "currentId", count(*)::int as "keyCount" from (
      select current_id from quota_usage where expires_at > now()
      group by current_id, budget, key having sum(used) >= max(quota_limit) * ${nearQuotaShare}::float8
    ) near group by current_id order by current_id`;
}
