import type { Sql } from '../db/connect.js';
import type { BucketStore } from './bucketStore.js';

/** Keeps buckets in an unlogged table: a crash may lose them, and they cost no write-ahead log. */
export function openPostgresBuckets(sql: Sql): BucketStore {
  return {
    async advance(moves) {
      // `lead_ms` keeps how far ahead the bucket was, because `returning` sees only columns of the new row.
      const rows = await sql<{ key: string; lead_ms: number }[]>`
        insert into budget_bucket as b (key, tat, lead_ms, cost_ms, max_lead_ms)
        select m.key, now() + greatest(m.min_ahead_ms, least(m.min_ahead_ms + m.increment_ms, m.max_ahead_ms)) * interval '1 millisecond',
          m.min_ahead_ms, m.increment_ms, m.max_ahead_ms
        from unnest(
          ${moves.map(({ key }) => key)}::text[],
          ${moves.map(({ incrementMs }) => incrementMs)}::float8[],
          ${moves.map(({ minAheadMs }) => minAheadMs)}::float8[],
          ${moves.map(({ maxAheadMs }) => maxAheadMs)}::float8[]) m (key, increment_ms, min_ahead_ms, max_ahead_ms)
        order by m.key
        on conflict (key) do update set
          lead_ms = greatest(extract(epoch from b.tat - now())::float8 * 1000, excluded.lead_ms),
          cost_ms = excluded.cost_ms,
          max_lead_ms = excluded.max_lead_ms,
          tat = now() + interval '1 millisecond' * greatest(
            extract(epoch from b.tat - now())::float8 * 1000,
            excluded.lead_ms,
            least(greatest(extract(epoch from b.tat - now())::float8 * 1000, excluded.lead_ms) + excluded.cost_ms, excluded.max_lead_ms))
        returning key, lead_ms`;
      const ahead = new Map(rows.map(({ key, lead_ms }) => [key, lead_ms]));
      return moves.map(({ key }) => ahead.get(key) ?? 0);
    },
    async close() {
      // The pool belongs to the engine.
    },
  };
}

/** Deletes buckets whose theoretical arrival time has passed: they equal new ones. */
export async function deletePassedBuckets(sql: Sql): Promise<void> {
  await sql`delete from budget_bucket where tat < now() - interval '1 minute'`;
}
