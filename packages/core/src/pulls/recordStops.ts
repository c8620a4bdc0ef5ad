import { breakerActions } from '../circuitBreaker.js';
import type { Sql } from '../db/connect.js';
import type { Fragment } from '../db/session.js';

/**
 * SQL that records in the audit log which pulls stopped by themselves and which go on again, in the statement that changes
 * them: as the circuit breaker does for what it blocks. A pull that stays stopped for the same reason is not recorded again.
 * @param changes rows with the `cohort_id` of a pull, its `code` and `recovery`, and those `before` the change.
 */
export function recordStops(sql: Sql, changes: Fragment) {
  const [block, unblock] = breakerActions;
  return sql`
    insert into audit_entry (action, actor, target_id, arguments, result, succeeded)
    select case when stops then ${block} else ${unblock} end, 'system', 'pul_' || cohort_id,
      case when stops then jsonb_build_object('code', code) end, 'done', true
    from (
      select cohort_id, code, code_before, recovery <> 'automatic' as stops, recovery_before <> 'automatic' as stopped_before
      from (${changes}) c
    ) c
    where stops and (stopped_before is not true or code is distinct from code_before) or stops is not true and stopped_before`;
}
