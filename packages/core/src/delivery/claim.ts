import { allPending } from '../batch/outcome.js';
import type { Sql } from '../db/connect.js';

/** A delivery leased to this process: no other worker takes it until the lease expires. */
export interface ClaimedDelivery {
  readonly storedOn: string;
  readonly id: string;
  readonly batchId: string;
  readonly storedAtMs: number;
  readonly events: number;
  /** The number of this attempt, from 1. */
  readonly attempts: number;
  /** One byte per event of the batch. */
  readonly outcomes: Buffer;
  readonly skipReasons: readonly string[];
  readonly deferred: readonly Deferral[];
}

/** Events of one delivery that wait for a later time. Stored as JSON in `delivery.deferred`. */
export interface Deferral {
  readonly dueAtMs: number;
  readonly code: string;
  readonly detail: string;
  readonly attempts: number;
  readonly positions: readonly number[];
  /** Set when they wait for the budget of a key. */
  readonly budget?: BudgetQueueEntry;
}

/** Events queued for the budget of a key. Stored as JSON in `delivery.deferred`. */
export interface BudgetQueueEntry {
  readonly name: string;
  readonly key: string;
  /** The budget's terms, see `termsOf`; under other terms the events queue again. */
  readonly terms: string;
  /** Whether the gate refused them, or a pause of their key did. */
  readonly turnedAway?: boolean;
  /** Since when the events wait for this key, however often they were deferred. */
  readonly sinceMs: number;
}

export interface ClaimRequest {
  readonly currentId: number;
  /** Unique to this claim. */
  readonly lease: string;
  readonly leaseMs: number;
  /** About how many pending events to claim; a single delivery may hold more. */
  readonly events: number;
}

export interface Claim {
  readonly lease: string;
  readonly deliveries: readonly ClaimedDelivery[];
  /** Whether more is due than was claimed. */
  readonly more: boolean;
  /** The version of the Current's settings and credentials. */
  readonly version: number;
  /** How often in a row the Current as a whole has failed. */
  readonly failures: number;
  /** When the Current was last launched or resumed. */
  readonly liveSinceMs: number;
}

interface Row {
  readonly stored_on: string;
  readonly id: string;
  readonly batch_id: string;
  readonly stored_at_ms: number;
  readonly events: number;
  readonly attempts: number;
  readonly outcomes: Buffer | null;
  readonly skip_reasons: string[] | null;
  readonly deferred: Deferral[] | null;
  readonly more: boolean;
  readonly version: number;
  readonly failures: number;
  readonly live_since_ms: number;
}

/** The most deliveries of one claim; small requests make many small deliveries. */
const maxDeliveries = 200;

/**
 * Leases the oldest due deliveries of a live Current; none while it is paused, blocked, deleted or held. `skip locked`
 * lets any number of workers claim concurrently. Deliveries with deferred events are claimed by one worker at a time,
 * so that events that waited for one key are sent in order, and new deliveries do not wait behind them.
 */
export async function claim(sql: Sql, { currentId, lease, leaseMs, events }: ClaimRequest): Promise<Claim> {
  const rows = await sql<Row[]>`
    with due as (
      select d.stored_on, d.id, d.due_at, d.pending from delivery d
      where d.current_id = ${currentId} and d.pending > 0 and d.due_at <= now()
        and exists (
          select from current c
          where c.id = ${currentId} and c.state = 'live' and (c.deferral_until is null or c.deferral_until <= now()))
        and (d.deferred is null or not exists (
          select from delivery other
          where other.current_id = ${currentId} and other.deferred is not null and other.lease is not null and other.due_at > now()))
      order by d.due_at, d.id limit ${maxDeliveries}
      for update of d skip locked
    ), summed as (
      select stored_on, id, pending, sum(pending) over (order by due_at, id) as upto from due
    ), taken as (
      select stored_on, id from summed where upto <= ${events}::int or upto = pending
    )
    update delivery d
    set due_at = now() + ${leaseMs}::int * interval '1 millisecond', lease = ${lease}::bigint, attempts = attempts + 1
    from taken, current c where c.id = ${currentId} and d.stored_on = taken.stored_on and d.id = taken.id
    returning d.stored_on, d.id, d.batch_id, extract(epoch from d.stored_at)::float8 * 1000 as stored_at_ms, d.events,
      d.attempts, d.outcomes, d.skip_reasons, d.deferred, (select count(*) from due) > (select count(*) from taken) as more,
      c.version, c.failures, extract(epoch from coalesce(c.live_since, c.created_at))::float8 * 1000 as live_since_ms`;
  return {
    lease,
    deliveries: rows.map(deliveryOf).sort(byAge),
    more: rows[0]?.more ?? false,
    version: rows[0]?.version ?? 0,
    failures: rows[0]?.failures ?? 0,
    liveSinceMs: rows[0]?.live_since_ms ?? 0,
  };
}

function deliveryOf(row: Row): ClaimedDelivery {
  return {
    storedOn: row.stored_on,
    id: row.id,
    batchId: row.batch_id,
    storedAtMs: row.stored_at_ms,
    events: row.events,
    attempts: row.attempts,
    outcomes: row.outcomes ?? allPending(row.events),
    skipReasons: row.skip_reasons ?? [],
    deferred: row.deferred ?? [],
  };
}

/** Oldest first: `returning` has no order, and events are sent in the order in which they arrived. */
function byAge(a: ClaimedDelivery, b: ClaimedDelivery): number {
  return a.storedAtMs - b.storedAtMs || Number(BigInt(a.id) - BigInt(b.id));
}
