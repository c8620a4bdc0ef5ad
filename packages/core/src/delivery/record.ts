import type { Sql } from '../db/connect.js';
import type { ClaimedDelivery } from './claim.js';
import type { Deferral } from '../batch/deferral.js';
import { countPending, Outcome } from '../batch/outcome.js';

/** The result of one attempt of one delivery. */
export interface AttemptResult {
  readonly delivery: ClaimedDelivery;
  /** The new outcomes. Those that were final before are unchanged. */
  readonly outcomes: Buffer;
  readonly skipReasons: readonly string[];
  readonly deferred: readonly Deferral[];
  readonly deadLetters: readonly NewDeadLetter[];
  /** When the delivery is due again, if events are still pending; undefined: at once, before all that came after it. */
  readonly dueAtMs: number | undefined;
}

/** Events of one delivery that were rejected or expired for the same reason. */
export interface NewDeadLetter {
  readonly outcome: 'rejected' | 'expired';
  readonly code: string;
  readonly detail: string;
  readonly attempts: number;
  readonly positions: readonly number[];
}

export class DeliveryLeaseLost extends Error {
  constructor() {
    super('the lease expired before the attempt was recorded');
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
  results: readonly AttemptResult[],
  { currentId, lease, shard }: { readonly currentId: number; readonly lease: string; readonly shard: number },
): Promise<void> {
  const counts = countChanges(results);
  const letters = results.flatMap(({ delivery, deadLetters }) =>
    deadLetters.map((letter) => ({ delivery, ...letter })),
  );
  try {
    await sql`
      with attempt as (
        select * from unnest(
          ${results.map(({ delivery }) => delivery.storedOn)}::date[],
          ${results.map(({ delivery }) => delivery.id)}::bigint[],
          ${results.map(({ outcomes }) => outcomes.toString('hex'))}::text[],
          ${results.map(({ outcomes }) => countPending(outcomes))}::int[],
          ${results.map(({ dueAtMs }) => dueAtMs ?? null)}::float8[],
          ${results.map(({ skipReasons }) => (skipReasons.length > 0 ? JSON.stringify(skipReasons) : null))}::text[],
          ${results.map(({ deferred }) => (deferred.length > 0 ? JSON.stringify(deferred) : null))}::text[])
          a (stored_on, id, outcomes, pending, due_at_ms, skip_reasons, deferred)
      ), written as (
        update delivery d set
          outcomes = decode(a.outcomes, 'hex'), pending = a.pending, lease = null,
          due_at = coalesce(to_timestamp(a.due_at_ms / 1000), d.stored_at),
          skip_reasons = (select array_agg(r) from json_array_elements_text(a.skip_reasons::json) r),
          deferred = a.deferred::jsonb,
          first_recorded_at = coalesce(d.first_recorded_at, now()), last_recorded_at = now()
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
      select raise_unless((select count(*) from written) = ${results.length}::int, 'lease lost')`;
  } catch (error) {
    if (error instanceof Error && error.message === 'lease lost') throw new DeliveryLeaseLost();
    throw error;
  }
}

/** Counts the events that became final in this attempt by day of storage, outcome and reason. */
function countChanges(results: readonly AttemptResult[]) {
  const counts = new Map<string, { day: string; outcome: string; code: string; events: number }>();
  const add = (day: string, outcome: string, code: string, events: number): void => {
    const key = `${day} ${outcome} ${code}`;
    const count = counts.get(key);
    if (count) count.events += events;
    else counts.set(key, { day, outcome, code, events });
  };
  for (const { delivery, outcomes, skipReasons, deadLetters } of results) {
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
