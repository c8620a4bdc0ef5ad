import { deliveryColumns, deliveryOf, type ClaimedDelivery } from './claim.js';
import { endDeliveries, endingLeaseMs, type EndDeliveriesDeps } from './deliveryLease.js';
import { Outcome } from '../batch/outcome.js';
import { expiredWhileBlocked, type FailureReason } from '../circuitBreaker.js';
import { record, type AttemptResult } from './record.js';

interface ExpireDeps extends EndDeliveriesDeps {
  readonly windowMs: number;
}

/** Deliveries expired in one statement, so that it stays short however long a Current was blocked. */
const expiryLimit = 100;

/** Expires the events of blocked Currents whose retry window is over. It starts when they were stored or the Current was last launched. */
export async function expireBlocked(deps: ExpireDeps): Promise<void> {
  const { sql, windowMs } = deps;
  const overdue = await sql<({ id: number } & FailureReason)[]>`
    select id, blocked_code as code, blocked_detail as detail from current c
    where state = 'blocked' and live_since < now() - ${windowMs}::float8 * interval '1 millisecond'
      and exists (
        select from delivery d where d.current_id = c.id and d.pending > 0 and d.due_at <= now()
          and d.stored_at < now() - ${windowMs}::float8 * interval '1 millisecond')`;
  for (const { id, code, detail } of overdue)
    await expire(deps, id, { code, detail: `${expiredWhileBlocked('Current', windowMs)}${detail}` }, windowMs);
}

/** Expires the pending events of deleted Currents, so that their ledgers balance. */
export async function expireDeleted(deps: ExpireDeps): Promise<void> {
  const deleted = await deps.sql<{ id: number }[]>`
    select id from current c
    where state = 'deleted'
      and exists (select from delivery d where d.current_id = c.id and d.pending > 0 and (d.due_at <= now() or d.lease is null))`;
  for (const { id } of deleted) await expire(deps, id, currentDeleted, 0);
}

const currentDeleted = { code: 'current_deleted', detail: 'the Current was deleted before this was sent' };

function expire(deps: ExpireDeps, currentId: number, reason: FailureReason, olderThanMs: number): Promise<void> {
  const { sql, shard } = deps;
  return endDeliveries(deps, currentId, async (lease) => {
    const rows = await sql<Parameters<typeof deliveryOf>[0][]>`
      with due as (
        select stored_on, id from delivery
        where current_id = ${currentId} and pending > 0 and (due_at <= now() or lease is null)
          and stored_at < now() - ${olderThanMs}::float8 * interval '1 millisecond'
        order by due_at limit ${expiryLimit} for update skip locked
      )
      update delivery d set lease = ${lease}::bigint, due_at = now() + ${endingLeaseMs}::int * interval '1 millisecond'
      from due where d.stored_on = due.stored_on and d.id = due.id
      returning ${deliveryColumns(sql)}`;
    const results = rows.map((row) => expireDelivery(deliveryOf(row), reason));
    if (results.length > 0) await record(sql, results, { currentId, lease, shard });
  });
}

/** Expires all pending events of a delivery. */
export function expireDelivery(delivery: ClaimedDelivery, reason: FailureReason): AttemptResult {
  const outcomes = Buffer.from(delivery.outcomes);
  const positions: number[] = [];
  for (const [position, byte] of delivery.outcomes.entries()) {
    if (byte !== Outcome.pending) continue;
    outcomes[position] = Outcome.expired;
    positions.push(position);
  }
  const deadLetters = [{ outcome: 'expired' as const, ...reason, attempts: delivery.attempts, positions }];
  return { delivery, outcomes, skipReasons: delivery.skipReasons, deferred: [], deadLetters, dueAtMs: undefined };
}
