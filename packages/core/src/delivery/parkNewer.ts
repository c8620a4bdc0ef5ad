import type { Sql } from '../db/connect.js';
import { hoursOf } from '../retry.js';
import type { Claim, ClaimedDelivery } from './claim.js';
import { expireDelivery } from './expire.js';
import { record } from './record.js';

interface ParkOptions {
  readonly currentId: number;
  readonly windowMs: number;
  readonly shard: number;
  /** By Postgres. */
  readonly nowMs: number;
}

/** A worker of the later release takes them meanwhile; those of this release look again after this time. */
const parkedMs = 10_000;

/**
 * Gives back the deliveries of a claim whose deferrals a later release has stored: they stay as they are, and wait for a
 * worker of that release. When the retry window is over, their events expire, and can be replayed.
 */
export async function parkNewer(
  sql: Sql,
  { lease, newer, liveSinceMs }: Claim,
  { currentId, windowMs, shard, nowMs }: ParkOptions,
): Promise<void> {
  const isExpired = ({ storedAtMs }: ClaimedDelivery): boolean => Math.max(storedAtMs, liveSinceMs) + windowMs <= nowMs;
  const detail = `kept for the whole retry window of ${hoursOf(windowMs)} h: a later release of the hub stored what it waits for`;
  const expired = newer
    .filter(isExpired)
    .map((delivery) => expireDelivery(delivery, { code: 'deferral_newer', detail }));
  if (expired.length > 0) await record(sql, expired, { currentId, lease, shard });
  // This was no attempt.
  await sql`
    update delivery set due_at = now() + ${parkedMs}::int * interval '1 millisecond', lease = null, attempts = attempts - 1
    where current_id = ${currentId} and pending > 0 and lease = ${lease}::bigint and id = any(${newer.map(({ id }) => id)}::bigint[])`;
}
