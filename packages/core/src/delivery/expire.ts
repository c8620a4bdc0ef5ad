import type { ClaimedDelivery } from './claim.js';
import type { Sql } from '../db/connect.js';
import type { WorkerLeases } from '../db/workerLeases.js';
import { allPending, Outcome } from '../batch/outcome.js';
import { expiredWhileBlocked } from '../circuitBreaker.js';
import { record, type AttemptResult } from './record.js';

interface ExpireDeps {
  readonly sql: Sql;
  readonly windowMs: number;
  readonly shard: number;
  readonly workerLeases: Pick<WorkerLeases, 'newLease'>;
}

/** Deliveries expired in one statement, so that it stays short however long a Current was blocked. */
const expiryLimit = 100;
const leaseMs = 60_000;

/** Expires the events of blocked Currents whose retry window is over. It starts when they were stored or the Current was last launched. */
export async function expireBlocked({ sql, windowMs, shard, workerLeases }: ExpireDeps): Promise<void> {
  const overdue = await sql<{ id: number; blocked_code: string; blocked_detail: string }[]>`
    select id, blocked_code, blocked_detail from current c
    where state = 'blocked' and live_since < now() - ${windowMs}::float8 * interval '1 millisecond'
      and exists (
        select from delivery d where d.current_id = c.id and d.pending > 0 and d.due_at <= now()
          and d.stored_at < now() - ${windowMs}::float8 * interval '1 millisecond')`;
  for (const { id, blocked_code, blocked_detail } of overdue) {
    const detail = `${expiredWhileBlocked('Current', windowMs)}${blocked_detail}`;
    await expire(sql, {
      currentId: id,
      code: blocked_code,
      detail,
      olderThanMs: windowMs,
      shard,
      workerLeases,
    });
  }
}

/** Expires the pending events of deleted Currents, so that their ledgers balance. */
export async function expireDeleted({ sql, shard, workerLeases }: ExpireDeps): Promise<void> {
  const deleted = await sql<{ id: number }[]>`
    select id from current c
    where state = 'deleted'
      and exists (select from delivery d where d.current_id = c.id and d.pending > 0 and (d.due_at <= now() or d.lease is null))`;
  for (const { id } of deleted) {
    await expire(sql, {
      currentId: id,
      code: 'current_deleted',
      detail: 'the Current was deleted before this was sent',
      olderThanMs: 0,
      shard,
      workerLeases,
    });
  }
}

interface Expiry {
  readonly currentId: number;
  readonly code: string;
  readonly detail: string;
  readonly olderThanMs: number;
  readonly shard: number;
  readonly workerLeases: Pick<WorkerLeases, 'newLease'>;
}

async function expire(sql: Sql, { currentId, code, detail, olderThanMs, shard, workerLeases }: Expiry): Promise<void> {
  const lease = workerLeases.newLease();
  const rows = await sql<
    {
      stored_on: string;
      id: string;
      batch_id: string;
      events: number;
      attempts: number;
      outcomes: Buffer | null;
      skip_reasons: string[] | null;
    }[]
  >`
    with due as (
      select stored_on, id from delivery
      where current_id = ${currentId} and pending > 0 and (due_at <= now() or lease is null)
        and stored_at < now() - ${olderThanMs}::float8 * interval '1 millisecond'
      order by due_at limit ${expiryLimit} for update skip locked
    )
    update delivery d set lease = ${lease}::bigint, due_at = now() + ${leaseMs}::int * interval '1 millisecond'
    from due where d.stored_on = due.stored_on and d.id = due.id
    returning d.stored_on, d.id, d.batch_id, d.events, d.attempts, d.outcomes, d.skip_reasons`;
  const results = rows.map((row): AttemptResult => {
    const before = row.outcomes ?? allPending(row.events);
    const outcomes = Buffer.from(before);
    const positions: number[] = [];
    for (const [position, byte] of before.entries()) {
      if (byte !== Outcome.pending) continue;
      outcomes[position] = Outcome.expired;
      positions.push(position);
    }
    const delivery: ClaimedDelivery = {
      storedOn: row.stored_on,
      id: row.id,
      batchId: row.batch_id,
      storedAtMs: 0,
      events: row.events,
      attempts: row.attempts,
      outcomes: before,
      skipReasons: row.skip_reasons ?? [],
      deferred: [],
    };
    const deadLetters = [{ outcome: 'expired' as const, code, detail, attempts: row.attempts, positions }];
    return { delivery, outcomes, skipReasons: delivery.skipReasons, deferred: [], deadLetters, dueAtMs: Date.now() };
  });
  if (results.length > 0) await record(sql, results, { currentId, lease, shard });
}
