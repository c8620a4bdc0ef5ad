import type { Sql } from '../db/connect.js';
import type { WorkerLeases } from '../db/workerLeases.js';
import { deferralsOf } from '../batch/deferral.js';
import { maxWaiting, type UserOrder, type WaitingUser } from '../delivery/userOrder.js';

interface OwnerDeps {
  readonly sql: Sql;
  readonly workerLeases: Pick<WorkerLeases, 'id' | 'hasOthers' | 'isPreferred'>;
}

/** How long a claim relies on an earlier check: without ownership it finds nothing. */
const checkMs = 1_000;
/** A Current that another worker owns is asked for again after this time. */
const retryMs = 100;
/** A worker that is not the preferred one delivers a Current for this long, and then leaves it to the others. */
const tenureMs = 2_000;
/** What waits is read again at most this often. */
const reloadMs = 1_000;
/** For so long after that, it takes the Current only if it is the preferred one. */
const restMs = 500;

/**
 * Ownership of one Current: only its owner claims deliveries. It ends when the worker dies (with its lease), has nothing
 * to do, or is no longer the preferred worker.
 */
export function createCurrentOwner(currentId: number, order: UserOrder, { sql, workerLeases }: OwnerDeps) {
  let ownedUntilMs = 0;
  let sinceMs = 0;
  let restUntilMs = 0;
  let refusedUntilMs = 0;
  let loadedMs = -Infinity;
  let isLoaded = false;

  /** Takes the Current if it is free. Learns which users wait when it was not owned by this worker before. */
  async function take(): Promise<boolean> {
    const nowMs = performance.now();
    if (nowMs < refusedUntilMs || (nowMs < restUntilMs && !workerLeases.isPreferred(currentId))) return false;
    const [row] = await sql<{ taken: boolean }[]>`
      with taken as (
        insert into current_owner (current_id, worker_id)
        select ${currentId}, w.id from worker_lease w
        where w.id = ${workerLeases.id} and not exists (select from current_owner o where o.current_id = ${currentId})
        on conflict do nothing
        returning worker_id
      )
      select true as taken from taken
      union all select false from current_owner o where o.current_id = ${currentId} and o.worker_id = ${workerLeases.id}`;
    if (!row) {
      ownedUntilMs = 0;
      refusedUntilMs = nowMs + retryMs;
      return false;
    }
    if (row.taken) {
      sinceMs = nowMs;
      order.expire();
      loadedMs = -Infinity;
      isLoaded = false;
    }
    ownedUntilMs = nowMs + checkMs;
    return true;
  }

  /** What is read while an attempt ends is read again with the next claim. */
  async function load(): Promise<void> {
    loadedMs = performance.now();
    const ended = order.endedCount();
    const stored = await sql<WaitingUser[]>`
      select d.id as "deliveryId", d.replay_id as "replayId", u->>0 as user, (e->>'dueAtMs')::float8 as "dueAtMs", e->>'code' as code, e->>'detail' as detail,
        e->'budget' as budget
      from delivery d, ${deferralsOf(sql)} e, jsonb_array_elements(e->'users') u
      where d.current_id = ${currentId} and d.deferred is not null and d.pending > 0
      limit ${maxWaiting}`;
    const known = order.unstoredDeliveries();
    const pending = await sql<{ id: string }[]>`
      select id from delivery where current_id = ${currentId} and pending > 0 and id = any(${known}::bigint[])`;
    if (order.endedCount() !== ended) return;
    isLoaded = true;
    order.load(
      stored.map(({ budget, ...wait }) => ({
        ...wait,
        ...(budget && { budget }),
      })),
      new Set(pending.map(({ id }) => id)),
    );
  }

  async function release(): Promise<void> {
    ownedUntilMs = 0;
    await sql`delete from current_owner where current_id = ${currentId} and worker_id = ${workerLeases.id}`;
  }

  return {
    /** Whether this worker may claim. Call it with no claim in progress. */
    async isOwned(): Promise<boolean> {
      const isSettled = !workerLeases.hasOthers() || workerLeases.isPreferred(currentId);
      if (ownedUntilMs > 0 && !isSettled && performance.now() - sinceMs > tenureMs) {
        restUntilMs = performance.now() + restMs;
        if (order.isIdle()) await release();
        return false;
      }
      if (performance.now() >= ownedUntilMs && !(await take())) return false;
      if (order.isStale() && performance.now() - loadedMs > reloadMs) await load();
      return isLoaded;
    },
    /** Nothing is due or in flight: another worker may be woken next. */
    async leave(): Promise<void> {
      if (ownedUntilMs > 0 && workerLeases.hasOthers() && order.isIdle()) await release();
    },
  };
}
