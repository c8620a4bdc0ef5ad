import type { Sql } from '../db/connect.js';
import { firstKeptDay } from './currentStatus.js';

/** The dead letters of a Current that were neither replayed nor discarded. */
export interface DeadLetterStatus {
  readonly currentId: number;
  /** Events. */
  readonly count: number;
  readonly oldestAt: Date | null;
}

/**
 * Currents with dead letters that were neither replayed nor discarded, of the days that are still stored. All are counted in
 * the tally; the others, which are few, have indexes of their own.
 */
export async function readDeadLetters(sql: Sql): Promise<readonly DeadLetterStatus[]> {
  return sql<DeadLetterStatus[]>`
    with kept as materialized (${firstKeptDay(sql)}),
    closed as materialized (
      select current_id, sum(events) as events from (
        select current_id, cardinality(positions) as events from dead_letter where replayed_at is not null
        union all
        select current_id, cardinality(positions) from dead_letter where discarded_at is not null and replayed_at is null
      ) each_closed group by current_id
    )
    select c.id as "currentId", (t.events - coalesce(r.events, 0))::float8 as count,
      (select recorded_at from dead_letter l
        where l.current_id = c.id and l.replayed_at is null and l.discarded_at is null
        order by coalesce(l.split_from, l.id), l.id desc limit 1) as "oldestAt"
    from current c left join closed r on r.current_id = c.id cross join lateral (
      select coalesce(sum(events), 0) as events from tally
      where current_id = c.id and day >= (select day from kept) and outcome in ('rejected', 'expired')
    ) t
    where c.state <> 'deleted' and t.events > coalesce(r.events, 0)
    order by c.id`;
}
