import type { Budget } from '@currents/connector';
import type { Sql } from '../db/connect.js';
import { deferralsOf } from '../batch/deferral.js';
import { termsOf } from './terms.js';

/**
 * Makes deliveries due whose events wait for a budget that the connector no longer declares, or declares with other
 * terms, because an admin changed the settings or the connector is newer. Their events queue again.
 */
export async function requeueThrottled(
  sql: Sql,
  currentId: number,
  budgets: readonly Budget<unknown>[],
): Promise<void> {
  await sql`
    update delivery d set due_at = now()
    where d.current_id = ${currentId} and d.pending > 0 and d.deferred is not null and d.lease is null and d.due_at > now()
      and exists (
        select from ${deferralsOf(sql)} e
        where e ? 'budget' and not (e->'budget'->>'name') || ' ' || (e->'budget'->>'terms') = any(${budgets.map((budget) => `${budget.name} ${termsOf(budget)}`)}::text[]))`;
}
