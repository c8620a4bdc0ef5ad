import type { Sql } from '../db/connect.js';

/** The bytes of quarantined bodies that one ingest token has sent. */
export interface QuarantineUsage {
  readonly tokenId: number;
  readonly tokenName: string | null;
  readonly bytes: number;
}

/** The tokens that use the quarantine's budget, the one that uses most of it first. */
export async function readQuarantineUsage(sql: Sql): Promise<readonly QuarantineUsage[]> {
  return sql<QuarantineUsage[]>`
    select u.token_id as "tokenId", t.name as "tokenName", sum(u.bytes)::float8 as bytes
    from quarantine_usage u left join ingest_token t on t.id = u.token_id
    group by u.token_id, t.name having sum(u.bytes) > 0 order by 3 desc, 1`;
}

export interface HeldEvents {
  readonly count: number;
  readonly oldestAt: Date | null;
}

/** Quarantined events that were neither released nor purged. Reads a few numbers of each row. */
export async function readHeldEvents(sql: Sql): Promise<HeldEvents> {
  const [row] = await sql<HeldEvents[]>`
    select coalesce(sum(held), 0)::float8 as count, min(stored_at) filter (where held > 0) as "oldestAt" from (
      select stored_at, case when states is null then events else events
        - (select coalesce(sum(n), 0) from unnest(released_counts) n) - (select coalesce(sum(n), 0) from unnest(purged_counts) n)
        end as held
      from quarantine_batch
    ) counted`;
  return row ?? { count: 0, oldestAt: null };
}

/**
 * How full the quarantine is for the token that uses most of it: near 1 its next body is not kept. A token may use as much
 * as is free, so one alone fills half of the budget; see `openQuarantineBudgets`.
 */
export function fullnessOf(usage: readonly QuarantineUsage[], maxBytes: number): number {
  const largest = usage[0]?.bytes ?? 0;
  const free = maxBytes - usage.reduce((sum, { bytes }) => sum + bytes, 0);
  if (largest === 0) return maxBytes > 0 ? 0 : 1;
  return free > 0 ? Math.min(1, largest / free) : 1;
}
