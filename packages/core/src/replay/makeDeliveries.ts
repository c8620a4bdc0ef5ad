import { sql } from 'drizzle-orm';
import { adminShard, type Queries } from '../admin/admin.js';
import type { BatchHead } from './storedBatches.js';

/** The chosen events of one batch. */
export interface NewReplay {
  readonly batch: BatchHead;
  readonly eventCount: number;
  /** Pending or unselected, a byte for each event of the batch. */
  readonly outcomes: Buffer;
}

/** A delivery that a replay has made, as its job remembers it until all its events are final. */
export interface OpenDelivery {
  readonly day: string;
  readonly id: string;
}

/**
 * Makes the deliveries of a replay, in the order of their batches, and counts their events as selected. A row of
 * dead letters whose events are all among these counts as replayed. Makes none for a Current that is deleted, or of a
 * day whose retention is over.
 */
export async function makeDeliveries(
  tx: Queries,
  currentId: number,
  replayId: string,
  replays: readonly NewReplay[],
): Promise<readonly OpenDelivery[]> {
  if (replays.length === 0) return [];
  const rows = replays.map(({ batch, eventCount, outcomes }, place) => ({
    place,
    day: batch.storedOn,
    batch: batch.id,
    pending: eventCount,
    // Null stands for all events.
    outcomes: eventCount === batch.events ? null : outcomes.toString('hex'),
  }));
  const made = await tx.execute<{ day: string; id: string }>(sql`
    with chosen as (
      select r.place, b.stored_on, b.id as batch_id, b.events, r.pending, decode(r.outcomes, 'hex') as outcomes
      from json_to_recordset(${JSON.stringify(rows)}::text::json) r (place int, day date, batch bigint, pending int, outcomes text)
      join batch b on b.stored_on = r.day and b.id = r.batch
      where exists (select from current c where c.id = ${currentId} and c.state in ('live', 'paused', 'blocked'))
    ), delivered as (
      insert into delivery (stored_on, batch_id, current_id, replay, replay_id, events, pending, outcomes)
      select stored_on, batch_id, ${currentId}, true, ${Number(replayId)}, events, pending, outcomes from chosen order by place
      returning stored_on, id
    ), repaired as (
      update dead_letter l set replayed_at = now()
      from chosen c
      where l.stored_on = c.stored_on and l.batch_id = c.batch_id and l.current_id = ${currentId} and l.replayed_at is null
        and not exists (select from unnest(l.positions) p where c.outcomes is not null and get_byte(c.outcomes, p) <> 1)
    ), counted as (
      insert into tally as t (current_id, day, shard, outcome, events)
      select ${currentId}, stored_on, ${adminShard}, 'selected', sum(pending) from chosen group by stored_on order by stored_on
      on conflict (current_id, day, outcome, code, shard) do update set events = t.events + excluded.events
    )
    select stored_on::text as day, id::text as id from delivered`);
  return [...made].sort((a, b) => Number(BigInt(a.id) - BigInt(b.id)));
}
