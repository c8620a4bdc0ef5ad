import type { Sql } from '../db/connect.js';
import { firstKeptDay } from '../status/currentStatus.js';

/** A day may have grown in the minute in which its partitions were dropped. */
const graceDays = 2;

/**
 * Adds how much the tally of each Current grew since the last sample to the minute that has just ended, and to its hour.
 * The counts of the tally are exact, so a sample that was missed or undone costs no count: the next one finds it. Does
 * nothing when the tally was sampled in this minute already, by whichever worker. A sample of a later minute was taken while
 * the clock of the database was ahead, and is not waited for. Returns whether it sampled.
 */
export async function sampleTally(sql: Sql): Promise<boolean> {
  return sql.begin(async (tx) => {
    const [due] = await tx`
      update count_state set sampled_minute = date_trunc('minute', now())
      where sampled_minute < date_trunc('minute', now()) or sampled_minute > now() + interval '1 minute'
      returning true as due`;
    if (!due) return false;
    const of = (outcome: string) =>
      tx`coalesce(sum(events) filter (where outcome = ${outcome}::text), 0) as ${tx(outcome)}`;
    const more = (outcome: string) => tx`t.${tx(outcome)} - coalesce(s.${tx(outcome)}, 0) as ${tx(outcome)}`;
    const added = tx`
      selected = c.selected + excluded.selected, unselected = c.unselected + excluded.unselected,
      delivered = c.delivered + excluded.delivered, skipped = c.skipped + excluded.skipped,
      rejected = c.rejected + excluded.rejected, expired = c.expired + excluded.expired`;
    await tx`
      with kept as materialized (${firstKeptDay(sql)}),
      tallied as materialized (
        select c.id as current_id, t.* from current c cross join lateral (
          select day, ${of('selected')}, ${of('unselected')}, ${of('delivered')}, ${of('skipped')}, ${of('rejected')}, ${of('expired')}
          from tally where current_id = c.id and day >= (select day - ${graceDays}::int from kept) group by day
        ) t
      ), grown as materialized (
        select t.current_id, ${more('selected')}, ${more('unselected')}, ${more('delivered')}, ${more('skipped')},
          ${more('rejected')}, ${more('expired')}
        from tallied t left join tally_sample s on s.current_id = t.current_id and s.day = t.day
        where s.current_id is null
          or (s.selected, s.unselected, s.delivered, s.skipped, s.rejected, s.expired)
            <> (t.selected, t.unselected, t.delivered, t.skipped, t.rejected, t.expired)
      ), sampled as (
        insert into tally_sample as s (current_id, day, selected, unselected, delivered, skipped, rejected, expired)
        select current_id, day, selected, unselected, delivered, skipped, rejected, expired from tallied
        on conflict (current_id, day) do update set
          selected = excluded.selected, unselected = excluded.unselected, delivered = excluded.delivered,
          skipped = excluded.skipped, rejected = excluded.rejected, expired = excluded.expired
        where (s.selected, s.unselected, s.delivered, s.skipped, s.rejected, s.expired)
          <> (excluded.selected, excluded.unselected, excluded.delivered, excluded.skipped, excluded.rejected, excluded.expired)
      )
      insert into current_count as c
        (current_id, resolution, at, selected, unselected, delivered, skipped, rejected, expired)
      select current_id, resolution, date_trunc(resolution, date_trunc('minute', now()) - interval '1 minute'),
        sum(selected), sum(unselected), sum(delivered), sum(skipped), sum(rejected), sum(expired)
      from grown, (values ('minute'), ('hour')) r (resolution) group by current_id, resolution
      on conflict (current_id, resolution, at) do update set ${added}`;
    return true;
  });
}
