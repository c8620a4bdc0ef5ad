import type { Sql } from '../db/connect.js';
import { firstKeptDay } from './currentStatus.js';

/** The dead letters of a Current that were not replayed. */
export interface DeadLetterStatus {
  readonly currentId: number;
  /** Events. */
  readonly count: number;
  readonly oldestAt: Date | null;
}

/**
 * Currents with dead letters that were not replayed, of the days that are still stored. All are counted in the tally; the
 * replayed ones, which are few, have an index of their own.
 */
export async function readDeadLetters(sql: Sql): Promise<readonly DeadLetterStatus[]> {
  return sql<DeadLetterStatus[]>`
    with kept as materialized (${firstKeptDay(sql)}),
    replayed as materialized (
      select current_id, sum(cardinality(positions)) as events from dead_letter where replayed_at is not null group by current_id
    )
    select c.id as "currentId", (t.events - coalesce(r.events, 0))::float8 as count,
      (select recorded_at from dead_letter l where l.current_id = c.id and l.replayed_at is null order by l.id limit 1) as "oldestAt"
    from current c left join replayed r on r.current_id = c.id cross join lateral (
      select coalesce(sum(events), 0) as events from tally
      where current_id = c.id and day >= (select day from kept) and outcome in ('rejected', 'expired')
    ) t
    where c.state <> 'deleted' and t.events > coalesce(r.events, 0)
    order by c.id`;
}
