import type { Sql } from '../db/connect.js';

/** Entries of one statement, so that none runs long after a worker was away for hours. */
const maxEntries = 5_000;

/**
 * Adds what commits counted (`count_entry`) to the counts by hour and minute and to the tally, and deletes it, each part in
 * one transaction: a count is in one place or the other, whatever is killed. Returns the number of entries.
 */
export async function foldEntries(sql: Sql): Promise<number> {
  let folded = 0;
  for (;;) {
    const entries = await foldSome(sql);
    folded += entries;
    if (entries < maxEntries) return folded;
  }
}

async function foldSome(sql: Sql): Promise<number> {
  return sql.begin(async (tx) => {
    // Workers take turns, because they update the same rows.
    await tx`select from count_state for update`;
    const sums = tx`sum(accepted) as accepted, sum(quarantined) as quarantined, sum(repeated) as repeated, sum(released) as released`;
    const added = tx`
      accepted = c.accepted + excluded.accepted, quarantined = c.quarantined + excluded.quarantined,
      repeated = c.repeated + excluded.repeated, released = c.released + excluded.released`;
    const [row] = await tx<{ entries: number }[]>`
      with gone as (
        delete from count_entry where ctid = any(array(select ctid from count_entry limit ${maxEntries}))
        returning stored_at, counts
      ), received as materialized (
        select date_trunc('minute', stored_at) as minute, (r->>0)::int as token_id, r->>1 as event_type,
          (r->>2)::bigint as accepted, (r->>3)::bigint as quarantined, (r->>4)::bigint as repeated, (r->>5)::bigint as released
        from gone, json_array_elements(counts->'received') r
      ), by_hour as (
        insert into ingest_count as c (hour, token_id, event_type, accepted, quarantined, repeated, released)
        select date_trunc('hour', minute), token_id, event_type, ${sums} from received group by 1, 2, 3
        on conflict (hour, token_id, event_type) do update set ${added}
      ), by_token as (
        insert into ingest_minute as c (dimension, key, minute, accepted, quarantined, repeated, released)
        select 'token', token_id::text, minute, ${sums} from received group by token_id, minute
        on conflict (dimension, key, minute) do update set ${added}
      ), by_type as (
        insert into ingest_minute as c (dimension, key, minute, accepted, quarantined, repeated, released)
        select 'event_type', event_type, minute, ${sums} from received group by event_type, minute
        on conflict (dimension, key, minute) do update set ${added}
      ), passed as (
        insert into tally as t (current_id, day, shard, outcome, events)
        select (u->>0)::int, stored_at::date, 0, 'unselected', sum((u->>1)::bigint)
        from gone, json_array_elements(counts->'unselected') u group by 1, 2
        on conflict (current_id, day, outcome, code, shard) do update set events = t.events + excluded.events
      )
      select count(*)::int as entries from gone`;
    return row?.entries ?? 0;
  });
}
