import type { Sql } from '../db/connect.js';
import type { ClaimedDelivery, Deferral } from './claim.js';
import { countPending, Outcome } from '../batch/outcome.js';

/** What one attempt made of one delivery. */
export interface AttemptResult {
  readonly delivery: ClaimedDelivery;
  /** The new outcomes. A final one of the claimed delivery is unchanged. */
  readonly outcomes: Buffer;
  readonly skipReasons: readonly string[];
  readonly deferred: readonly Deferral[];
  readonly deadLetters: readonly NewDeadLetter[];
  /** When what is still pending should be looked at again; in the past means at once. */
  readonly dueAtMs: number;
}

/** Events of one delivery that died for the same reason. */
export interface NewDeadLetter {
  readonly outcome: 'rejected' | 'expired';
  readonly code: string;
  readonly detail: string;
  readonly attempts: number;
  readonly positions: readonly number[];
}

export interface RecordOptions {
  readonly currentId: number;
  readonly lease: string;
  readonly shard: number;
}

export class DeliveryLeaseLost extends Error {
  constructor() {
    super('the lease ran out before the attempt was recorded; another worker has the delivery');
    this.name = 'LeaseLost';
  }
}

/**
 * Writes the outcomes of an attempt, the counts and the dead letters in one statement: all of it or nothing.
 * The only code that changes an outcome. Throws `LeaseLost` when any of the deliveries is no longer leased to this
 * attempt, and then nothing is written.
 */
export async function record(
  sql: Sql,
  attempted: readonly AttemptResult[],
  { currentId, lease, shard }: RecordOptions,
): Promise<void> {
  const counts = countChanges(attempted);
  const letters = attempted.flatMap(({ delivery, deadLetters }) =>
    deadLetters.map((letter) => ({ delivery, ...letter })),
  );
  try {
    await sql`
      with attempt as (
        select * from unnest(
          ${attempted.map(({ delivery }) => delivery.storedOn)}::date[],
          ${attempted.map(({ delivery }) => delivery.id)}::bigint[],
          ${attempted.map(({ outcomes }) => outcomes.toString('hex'))}::text[],
          ${attempted.map(({ outcomes }) => countPending(outcomes))}::int[],
          ${attempted.map(({ dueAtMs }) => dueAtMs)}::float8[],
          ${attempted.map(({ skipReasons }) => (skipReasons.length > 0 ? JSON.stringify(skipReasons) : null))}::text[],
          ${attempted.map(({ deferred }) => (deferred.length > 0 ? JSON.stringify(deferred) : null))}::text[])
          a (stored_on, id, outcomes, pending, due_at_ms, skip_reasons, deferred)
      ), written as (
        update delivery d set
          outcomes = decode(a.outcomes, 'hex'), pending = a.pending, lease = null,
          due_at = to_timestamp(a.due_at_ms / 1000),
          skip_reasons = (select array_agg(r) from json_array_elements_text(a.skip_reasons::json) r),
          deferred = a.deferred::jsonb
        from attempt a
        where d.stored_on = a.stored_on and d.id = a.id and d.lease = ${lease}::bigint
        returning d.id
      ), counted as (
        insert into tally as t (current_id, day, shard, outcome, code, events)
        select ${currentId}, c.day, ${shard}::smallint, c.outcome, c.code, c.events
        from unnest(
          ${counts.map(({ day }) => day)}::date[],
          ${counts.map(({ outcome }) => outcome)}::text[],
          ${counts.map(({ code }) => code)}::text[],
          ${counts.map(({ events }) => events)}::int[]) c (day, outcome, code, events)
        order by c.day, c.outcome, c.code
        on conflict (current_id, day, outcome, code, shard) do update set events = t.events + excluded.events
      ), buried as (
        insert into dead_letter (stored_on, current_id, batch_id, delivery_id, outcome, code, detail, attempts, positions)
        select l.stored_on, ${currentId}, l.batch_id, l.delivery_id, l.outcome, l.code, l.detail, l.attempts, l.positions::int[]
        from unnest(
          ${letters.map(({ delivery }) => delivery.storedOn)}::date[],
          ${letters.map(({ delivery }) => delivery.batchId)}::bigint[],
          ${letters.map(({ delivery }) => delivery.id)}::bigint[],
          ${letters.map(({ outcome }) => outcome)}::text[],
          ${letters.map(({ code }) => code)}::text[],
          ${letters.map(({ detail }) => detail.replaceAll('\0', '\uFFFD'))}::text[],
          ${letters.map(({ attempts }) => attempts)}::int[],
          ${letters.map(({ positions }) => `{${positions.join(',')}}`)}::text[])
          l (stored_on, batch_id, delivery_id, outcome, code, detail, attempts, positions)
      )
      select raise_unless((select count(*) from written) = ${attempted.length}::int, 'lease lost')`;
  } catch (error) {
    if (error instanceof Error && error.message === 'lease lost') throw new DeliveryLeaseLost();
    throw error;
  }
}

interface Count {
  readonly day: string;
  readonly outcome: string;
  readonly code: string;
  events: number;
}

/** What became final in this attempt, counted by the day of storing, outcome and reason. */
function countChanges(attempted: readonly AttemptResult[]): Count[] {
  const counts = new Map<string, Count>();
  const add = (day: string, outcome: string, code: string, events: number): void => {
    const key = `${day} ${outcome} ${code}`;
    const count = counts.get(key);
    if (count) count.events += events;
    else counts.set(key, { day, outcome, code, events });
  };
  for (const { delivery, outcomes, skipReasons, deadLetters } of attempted) {
    const changes = new Uint32Array(256);
    for (let position = 0; position < outcomes.length; position++) {
      const now = outcomes[position] as number;
      if (now !== delivery.outcomes[position]) changes[now] = (changes[now] as number) + 1;
    }
    const delivered = changes[Outcome.delivered] as number;
    if (delivered > 0) add(delivery.storedOn, 'delivered', '', delivered);
    for (const [index, reason] of skipReasons.entries()) {
      const skipped = changes[Outcome.skipped + index] as number;
      if (skipped > 0) add(delivery.storedOn, 'skipped', reason, skipped);
    }
    for (const { outcome, code, positions } of deadLetters) add(delivery.storedOn, outcome, code, positions.length);
  }
  return [...counts.values()];
}
