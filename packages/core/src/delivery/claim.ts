import { allPending } from '../batch/outcome.js';
import type { Sql } from '../db/connect.js';
import { isReadable, type Deferral } from '../batch/deferral.js';

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
  /** Whether its events are sent again, or long after they came. */
  readonly isReplay: boolean;
  /** The job that replays them; such deliveries come after all others. */
  readonly replayId: number | null;
  /** Of the sampled requests among its events, as `Tracing` stores them; null for most deliveries. */
  readonly traceSpans: Buffer | null;
}

interface ClaimRequest {
  readonly currentId: number;
  /** The worker that owns the Current; others claim nothing. */
  readonly workerId: number;
  /** Unique to this claim. */
  readonly lease: string;
  readonly leaseMs: number;
  /** About how many pending events to claim; a single delivery may hold more. */
  readonly events: number;
  /** Whether to claim only deliveries with events that have waited. */
  readonly onlyDeferred?: boolean;
  /** Whether to claim what jobs replay, and nothing else; otherwise it is left alone. */
  readonly replays?: boolean;
  /** Whether to return small batches with their deliveries, which saves the statement that reads them. */
  readonly withContents?: boolean;
}

export interface Claim {
  readonly lease: string;
  readonly deliveries: readonly ClaimedDelivery[];
  /** Deliveries whose deferrals a later release has stored, in a form that this one cannot read. They are leased, too. */
  readonly newer: readonly ClaimedDelivery[];
  /** Whether more is due than was claimed. */
  readonly more: boolean;
  /** The version of the Current's settings and credentials. */
  readonly version: number;
  /** How often in a row the Current as a whole has failed. */
  readonly failures: number;
  /** When the Current was last launched or resumed. */
  readonly liveSinceMs: number;
  /** The time by Postgres; undefined when nothing was claimed. */
  readonly nowMs: number | undefined;
  /** The contents of small batches, by batch id; empty when they were not asked for. */
  readonly contents: ReadonlyMap<string, Buffer>;
}

type ClaimRow = DeliveryRow &
  Omit<Claim, 'lease' | 'deliveries' | 'newer' | 'contents'> & { readonly content?: string | null };

const nothingDue = { more: false, version: 0, failures: 0, liveSinceMs: 0, nowMs: undefined };

/** The most deliveries of one claim; small requests make many small deliveries. */
const maxDeliveries = 200;
/** A batch of at most so many bytes is small: all those of a claim together take little memory. */
const smallBytes = 8 * 1024;

/**
 * Leases the oldest due deliveries of a live Current; none while it is paused, blocked, deleted or held, or another
 * worker owns it. A delivery that is due at once was due when it was stored, so it comes before those after it.
 * What jobs replay is claimed apart, when live events leave room for it.
 * Deliveries with deferred events are claimed by one attempt at a time, so that events that waited for one key are sent
 * in order, and new deliveries do not wait behind them.
 */
export async function claim(
  sql: Sql,
  {
    currentId,
    workerId,
    lease,
    leaseMs,
    events,
    onlyDeferred = false,
    replays = false,
    withContents = false,
  }: ClaimRequest,
): Promise<Claim> {
  const rows = await sql<ClaimRow[]>`
    with due as (
      select d.stored_on, d.id, d.batch_id, d.due_at, d.pending from delivery d
      where d.current_id = ${currentId} and d.pending > 0 and d.due_at <= now()
        and exists (select from current_owner o where o.current_id = ${currentId} and o.worker_id = ${workerId})
        and d.replay_id is ${replays ? sql`not null` : sql`null`}
        and (d.deferred is not null or not ${onlyDeferred}::boolean)
        and exists (
          select from current c
          where c.id = ${currentId} and c.state = 'live' and (c.deferral_until is null or c.deferral_until <= now()))
        and (d.deferred is null or d.due_at <= d.stored_at or not exists (
          select from delivery other
          where other.current_id = ${currentId} and other.deferred is not null and other.lease is not null and other.due_at > now()
            and other.replay_id is ${replays ? sql`not null` : sql`null`}))
      order by d.due_at, d.id limit ${maxDeliveries}
      for update of d skip locked
    ), summed as (
      select stored_on, id, batch_id, pending, sum(pending) over (order by due_at, id) as upto from due
    ), taken as (
      select ${withContents ? sql`s.stored_on, s.id, encode(b.content, 'base64') as content` : sql`s.stored_on, s.id`}
      from summed s ${withContents ? smallBatch(sql) : sql``}
      where s.upto <= ${events}::int or s.upto = s.pending
    )
    update delivery d
    set due_at = now() + ${leaseMs}::int * interval '1 millisecond', lease = ${lease}::bigint, attempts = attempts + 1
    from taken, current c where c.id = ${currentId} and d.stored_on = taken.stored_on and d.id = taken.id
    returning ${deliveryColumns(sql)}, ${withContents ? sql`taken.content,` : sql``} (select count(*) from due) > (select count(*) from taken) as more,
      c.version, c.failures, extract(epoch from coalesce(c.live_since, c.created_at))::float8 * 1000 as "liveSinceMs",
      extract(epoch from now())::float8 * 1000 as "nowMs"`;
  const contents = new Map<string, Buffer>();
  for (const { batchId, content } of rows) if (content) contents.set(batchId, Buffer.from(content, 'base64'));
  const { more, version, failures, liveSinceMs, nowMs } = rows[0] ?? nothingDue;
  const newer = rows.some(hasNewerDeferrals) ? rows.filter(hasNewerDeferrals).map(deliveryOf) : [];
  const readable = newer.length === 0 ? rows : rows.filter((row) => !hasNewerDeferrals(row));
  return {
    lease,
    deliveries: readable.map(deliveryOf).sort(byAge),
    newer,
    more,
    version,
    failures,
    liveSinceMs,
    nowMs,
    contents,
  };
}

function smallBatch(sql: Sql) {
  return sql`left join batch b on b.stored_on = s.stored_on and b.id = s.batch_id and length(b.content) <= ${smallBytes}::int`;
}

/** A row of the columns below; `outcomes` is null while every event is pending. */
type DeliveryRow = Omit<ClaimedDelivery, 'outcomes' | 'deferred'> & {
  readonly outcomes: Buffer | null;
  readonly deferred: unknown;
};

export function deliveryColumns(sql: Sql) {
  return sql`d.stored_on as "storedOn", d.id, d.batch_id as "batchId", extract(epoch from d.stored_at)::float8 * 1000 as "storedAtMs",
    d.events, d.attempts, d.outcomes, coalesce(d.skip_reasons, '{}') as "skipReasons", coalesce(d.deferred, '[]') as deferred,
    d.replay as "isReplay", d.replay_id as "replayId", d.trace_spans as "traceSpans"`;
}

/** Without its deferrals if they cannot be read. */
export function deliveryOf(row: DeliveryRow): ClaimedDelivery {
  const { deferred } = row;
  return { ...row, outcomes: row.outcomes ?? allPending(row.events), deferred: isReadable(deferred) ? deferred : [] };
}

function hasNewerDeferrals({ deferred }: DeliveryRow): boolean {
  return !isReadable(deferred);
}

/** Oldest first: `returning` has no order, and events are sent in the order in which they arrived. */
function byAge(a: ClaimedDelivery, b: ClaimedDelivery): number {
  return a.storedAtMs - b.storedAtMs || Number(BigInt(a.id) - BigInt(b.id));
}
