import type { Sql } from '../db/connect.js';
import { bucketOf } from './latencyHistogram.js';

export type LatencyRecorder = ReturnType<typeof createLatencyRecorder>;

/**
 * Counts in memory how long events took from being stored to being delivered, and stores it by minute and hour. What was
 * not flushed is lost when the process is killed, so latencies may be of some events fewer than were delivered.
 */
export function createLatencyRecorder(sql: Sql) {
  let counted = new Map<number, Map<number, number>>();

  function add(currentId: number, bucket: number, events: number): void {
    let buckets = counted.get(currentId);
    if (!buckets) counted.set(currentId, (buckets = new Map<number, number>()));
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + events);
  }

  return {
    /** Events of one delivery that were delivered together. */
    delivered: (currentId: number, events: number, sinceStoredMs: number): void =>
      add(currentId, bucketOf(sinceStoredMs), events),
    /** Stores what has been counted since the last flush. Rejects with the database's error, and then keeps it. */
    async flush(): Promise<void> {
      const flushed = counted;
      if (flushed.size === 0) return;
      counted = new Map();
      try {
        await save(sql, flushed);
      } catch (error) {
        for (const [currentId, buckets] of flushed)
          for (const [bucket, events] of buckets) add(currentId, bucket, events);
        throw error;
      }
    },
  };
}

/** The flush of a minute runs just after it has ended. */
async function save(sql: Sql, counted: ReadonlyMap<number, ReadonlyMap<number, number>>): Promise<void> {
  const rows = [...counted].map(([id, buckets]) => ({ id, json: JSON.stringify(Object.fromEntries(buckets)) }));
  await sql`
    insert into latency_count as l (current_id, resolution, at, buckets)
    select f.current_id, resolution, date_trunc(resolution, now() - interval '30 seconds'), f.buckets::jsonb
    from unnest(${rows.map(({ id }) => id)}::int[], ${rows.map(({ json }) => json)}::text[]) f (current_id, buckets),
      (values ('minute'), ('hour')) r (resolution)
    order by 1, 2
    on conflict (current_id, resolution, at) do update set buckets = (
      select jsonb_object_agg(bucket, events) from (
        select bucket, sum(events::bigint) as events
        from (select * from jsonb_each_text(l.buckets) union all select * from jsonb_each_text(excluded.buckets)) e (bucket, events)
        group by bucket
      ) merged)`;
}
