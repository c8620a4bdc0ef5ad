import { Outcome } from '../batch/outcome.js';
import { deliveryColumns, deliveryOf, type ClaimedDelivery } from './claim.js';
import { endDeliveries, endingLeaseMs, type EndDeliveriesDeps } from './deliveryLease.js';
import { record, type AttemptResult } from './record.js';

/** The reason of events that a replay was to send when it was cancelled. */
export const replayCancelled = 'replay_cancelled';

/** Deliveries ended in one statement; a replay has at most as many pending at once. */
const maxDeliveries = 200;

/** SQL: the replay with this id was cancelled. One that is paused keeps its deliveries. */
const isCancelled = `exists (
  select from job j where j.id = d.replay_id and j.cancel_requested_at is not null)`;

/** An SQL condition: whether a replay was cancelled that has events pending, other than those in a request. */
export const hasCancelled = `exists (
  select from delivery d where d.replay_id is not null and d.pending > 0 and (d.lease is null or d.due_at <= now()) and ${isCancelled})`;

/**
 * Ends what cancelled replays have not sent: it is skipped with the reason `replay_cancelled`. What is in a request at
 * this moment is recorded by its attempt; the rest of its delivery ends after that.
 */
export async function endCancelled(deps: EndDeliveriesDeps): Promise<void> {
  const { sql, shard } = deps;
  const currents = await sql<{ id: number }[]>`
    select distinct d.current_id as id from delivery d
    where d.replay_id is not null and d.pending > 0 and (d.lease is null or d.due_at <= now()) and ${sql.unsafe(isCancelled)}`;
  for (const { id } of currents)
    await endDeliveries(deps, id, async (lease) => {
      const rows = await sql<Parameters<typeof deliveryOf>[0][]>`
        with due as (
          select stored_on, id from delivery d
          where d.current_id = ${id} and d.replay_id is not null and d.pending > 0
            and (d.lease is null or d.due_at <= now()) and ${sql.unsafe(isCancelled)}
          limit ${maxDeliveries} for update skip locked
        )
        update delivery d set lease = ${lease}::bigint, due_at = now() + ${endingLeaseMs}::int * interval '1 millisecond'
        from due where d.stored_on = due.stored_on and d.id = due.id
        returning ${deliveryColumns(sql)}`;
      const results = rows.map((row) => skipPending(deliveryOf(row), replayCancelled));
      if (results.length > 0) await record(sql, results, { currentId: id, lease, shard });
    });
}

/** Skips all pending events of a delivery. */
function skipPending(delivery: ClaimedDelivery, reason: string): AttemptResult {
  const skipReasons = delivery.skipReasons.includes(reason) ? delivery.skipReasons : [...delivery.skipReasons, reason];
  const skipped = Outcome.skipped + skipReasons.indexOf(reason);
  const outcomes = Buffer.from(delivery.outcomes);
  for (const [position, byte] of delivery.outcomes.entries())
    if (byte === Outcome.pending) outcomes[position] = skipped;
  return { delivery, outcomes, skipReasons, deferred: [], deadLetters: [], dueAtMs: undefined };
}
