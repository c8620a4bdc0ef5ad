import type { Sql } from '../db/connect.js';
import type { CurrentState } from '../db/schema.js';

/** A Current that is not deleted, as the gauges and the overview see it. */
export interface CurrentStatus {
  readonly id: number;
  readonly name: string;
  readonly destination: string;
  readonly state: Exclude<CurrentState, 'deleted'>;
  readonly stateSince: Date;
  readonly liveSince: Date | null;
  readonly blockedCode: string | null;
  readonly blockedDetail: string | null;
  readonly pendingCount: number;
  /** When the oldest event arrived that is pending; null when none is. */
  readonly oldestPendingAt: Date | null;
  /** Of the events that arrived today in UTC. */
  readonly selectedToday: number;
  readonly deliveredToday: number;
}

/** Beyond this many, the oldest are reported. */
const maxCurrents = 10_000;
/** With more pending deliveries than this, they are not read one by one; see `readBacklogs`. */
const maxPendingDeliveries = 20_000;

type Row = CurrentStatus & { readonly isCounted: boolean };

/** All Currents. Costs some milliseconds, and with a large backlog some tens, whatever its size. */
export async function readCurrents(sql: Sql): Promise<readonly CurrentStatus[]> {
  const rows = await sql<Row[]>`
    with waiting as materialized (
      select current_id, stored_at, pending from delivery where pending > 0 limit ${maxPendingDeliveries + 1}
    ), by_current as (
      select current_id, min(stored_at) as stored_at, sum(pending)::float8 as pending from waiting group by current_id
    )
    select c.id, c.name, c.destination, c.state, c.state_since as "stateSince", c.live_since as "liveSince",
      c.blocked_code as "blockedCode", c.blocked_detail as "blockedDetail",
      coalesce(w.pending, 0) as "pendingCount", w.stored_at as "oldestPendingAt",
      t.selected as "selectedToday", t.delivered as "deliveredToday",
      (select count(*) from waiting) <= ${maxPendingDeliveries} as "isCounted"
    from current c left join by_current w on w.current_id = c.id cross join lateral (
      select
        coalesce(sum(events) filter (where outcome = 'selected'), 0)::float8 as selected,
        coalesce(sum(events) filter (where outcome = 'delivered'), 0)::float8 as delivered
      from tally where current_id = c.id and day = current_date
    ) t
    where c.state <> 'deleted' order by c.id limit ${maxCurrents}`;
  if (rows.every(({ isCounted }) => isCounted)) return rows;
  const backlogs = await readBacklogs(sql);
  return rows.map((row) => ({ ...row, ...(backlogs.get(row.id) ?? nothingPending) }));
}

type Backlog = Pick<CurrentStatus, 'pendingCount' | 'oldestPendingAt'>;
const nothingPending: Backlog = { pendingCount: 0, oldestPendingAt: null };

/** Rows read of each Current for each of three reasons to be pending. */
const maxExamined = 200;

/**
 * The backlog of each Current from a few rows, however many deliveries are pending: a Current that is blocked for days has
 * millions. Pending events come from the tally, of the days that still have deliveries (law 2: selected = delivered +
 * skipped + rejected + expired + pending). A delivery that waits for its turn is due since it was stored, so the first in
 * the index is the oldest of them; those with deferred events have an index of their own; those in flight are due last.
 */
async function readBacklogs(sql: Sql): Promise<ReadonlyMap<number, Backlog>> {
  const rows = await sql<(Backlog & { readonly id: number })[]>`
    with kept as materialized (${firstKeptDay(sql)}),
    counted as materialized (
      select c.id, t.pending from current c cross join lateral (
        select sum(case outcome when 'selected' then events when 'delivered' then -events when 'skipped' then -events
          when 'rejected' then -events when 'expired' then -events else 0 end) as pending
        from tally where current_id = c.id and day >= (select day from kept)
      ) t
      where c.state <> 'deleted' and t.pending > 0
    )
    select c.id, c.pending::float8 as "pendingCount", least(
      (select min(stored_at) from (
        select stored_at from delivery d where d.current_id = c.id and d.pending > 0 order by d.due_at limit ${maxExamined}) due),
      (select min(stored_at) from (
        select stored_at from delivery d where d.current_id = c.id and d.pending > 0 order by d.due_at desc limit ${maxExamined}) in_flight),
      (select min(stored_at) from (
        select stored_at from delivery d where d.current_id = c.id and d.deferred is not null and d.pending > 0 limit ${maxExamined}) deferred)
    ) as "oldestPendingAt"
    from counted c`;
  return new Map(rows.map(({ id, pendingCount, oldestPendingAt }) => [id, { pendingCount, oldestPendingAt }]));
}

/** The first day whose deliveries are still stored. Nothing of an earlier one is pending. */
export function firstKeptDay(sql: Sql) {
  return sql`
    select coalesce(min(to_date(right(p.relname, 8), 'YYYYMMDD')), current_date) as day
    from pg_inherits i join pg_class p on p.oid = i.inhrelid where i.inhparent = 'delivery'::regclass`;
}
