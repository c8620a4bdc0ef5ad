import type { Sql } from '../db/connect.js';
import { endLease, type LeaseTerm } from '../db/endLease.js';
import type { WorkerLeases } from '../db/workerLeases.js';

/** What ending deliveries without sending them depends on. */
export interface EndDeliveriesDeps extends Pick<LeaseTerm, 'isStopping'> {
  readonly sql: Sql;
  readonly shard: number;
  readonly workerLeases: Pick<WorkerLeases, 'newLease'>;
}

/** As long as the two statements of `work` may take. */
export const endingLeaseMs = 60_000;

/** Claims deliveries under a new lease and records how they end. When one of both fails, they are due again at once. */
export async function endDeliveries(
  { sql, workerLeases, isStopping }: EndDeliveriesDeps,
  currentId: number,
  work: (lease: string) => Promise<void>,
): Promise<void> {
  const lease = workerLeases.newLease();
  try {
    await work(lease);
  } catch (error) {
    // The claim may have succeeded, and its answer been lost.
    await endLease(() => releaseLease(sql, currentId, lease), { leaseMs: endingLeaseMs, isStopping });
    throw error;
  }
}

/** Makes the deliveries of a lease due at once. */
export async function releaseLease(sql: Sql, currentId: number, lease: string): Promise<void> {
  await sql`
    update delivery set due_at = stored_at, lease = null
    where current_id = ${currentId} and pending > 0 and lease = ${lease}::bigint`;
}
