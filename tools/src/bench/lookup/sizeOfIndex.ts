import type { Sql } from '@currents/core';

/** Bytes for each stored event: of the index on disk, of its content alone, and of the batches on disk. */
export async function sizeOfIndex(sql: Sql, events: number) {
  const [size] = await sql<{ index: number; content: number; batches: number; rows: number }[]>`
    select
      (select sum(pg_total_relation_size(inhrelid))::float8 from pg_inherits
        where inhparent in ('unmerged_fingerprints'::regclass, 'fingerprint_block'::regclass)) as index,
      (select coalesce(sum(length(content)), 0)::float8 from fingerprint_block)
        + (select coalesce(sum(length(fingerprints)), 0)::float8 from unmerged_fingerprints) as content,
      (select sum(pg_total_relation_size(inhrelid))::float8 from pg_inherits where inhparent = 'batch'::regclass) as batches,
      (select count(*)::int from batch) as rows`;
  return {
    indexBytes: (size?.index ?? NaN) / events,
    indexContentBytes: (size?.content ?? NaN) / events,
    batchBytes: (size?.batches ?? NaN) / events,
    batches: size?.rows ?? 0,
  };
}
