import { allPending } from '../batch/outcome.js';
import type { Sql } from '../db/connect.js';

/** A delivery leased to this process: nobody else works on it until the lease runs out. */
export interface ClaimedDelivery {
  readonly storedOn: string;
  readonly id: string;
  readonly batchId: string;
  readonly storedAtMs: number;
  readonly events: number;
  /** This attempt's number, from 1. */
  readonly attempts: number;
  /** One byte per event of the batch. */
  readonly outcomes: Buffer;
  readonly skipReasons: readonly string[];
  readonly deferred: readonly Deferral[];
}

/** Events of one delivery that wait for a time of their own. */
export interface Deferral {
  readonly dueAtMs: number;
  readonly code: string;
  readonly detail: string;
  readonly attempts: number;
  readonly positions: readonly number[];
  /** Whose turn they wait for, when that is why they wait. */
  readonly budget?: BudgetQueueEntry;
}

/** A place in the queue of a budget's key. */
export interface BudgetQueueEntry {
  readonly name: string;
  readonly key: string;
  /** The budget's terms; with other terms the place has no meaning any more. */
  readonly terms: string;
  /** Whether they had their turn before, and were turned away. */
  readonly turnedAway?: boolean;
  /** Since when the events wait for this key, however often they were put off. */
  readonly sinceMs: number;
}

export interface ClaimRequest {
  readonly currentId: number;
  /** Names the lease; unique to this claim. */
  readonly lease: string;
  readonly leaseMs: number;
  /** About how many pending events to take; a single delivery may hold more. */
  readonly events: number;
}

export interface Claim {
  readonly lease: string;
  readonly deliveries: readonly ClaimedDelivery[];
  /** More is due than was taken. */
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

/** How many deliveries one claim looks at; small requests give many small deliveries. */
const maxDeliveries = 200;

/**
 * Leases the oldest due deliveries of a live Current. Takes none while the Current is paused, blocked, deleted or held.
 * `skip locked` lets any number of workers claim at once. Deliveries with events that waited are claimed by one at a
 * time: so what waited for one key leaves in order, and new deliveries do not stand behind it.
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

/** Oldest first: `returning` keeps no order, and events should leave in the order in which they came. */
function byAge(a: ClaimedDelivery, b: ClaimedDelivery): number {
  return a.storedAtMs - b.storedAtMs || Number(BigInt(a.id) - BigInt(b.id));
}
