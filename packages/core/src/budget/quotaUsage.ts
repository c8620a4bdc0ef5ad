import type { Logger } from 'pino';
import type { Sql } from '../db/connect.js';
import type { Budgets, QuotaUses } from './budgets.js';

/** From this share on, a key is near its quota. */
export const nearShare = 0.8;

/** Keeps what the busiest keys of one Current have used of their quotas, added up over all workers. */
export interface QuotaBook {
  /** Writes what has been counted; now and then, unless it is to be now. Never throws. */
  keep(when?: 'now'): Promise<void>;
}

interface Deps {
  readonly sql: Sql;
  readonly log: Logger;
  readonly currentId: number;
  readonly budgets: Pick<Budgets, 'takeUses'>;
  readonly onError: (error: unknown) => void;
}

const everyMs = 15_000;
/** The same key is told of again no sooner than this. */
const quietMs = 24 * 3_600_000;

export function openQuotaBook({ sql, log, currentId, budgets, onError }: Deps): QuotaBook {
  let dueMs = 0;
  const told = new Map<string, number>();

  function warn(near: readonly NearKey[], nowMs: number): void {
    for (const [key, atMs] of told) if (atMs <= nowMs - quietMs) told.delete(key);
    for (const name of new Set(near.map(({ budget }) => budget))) {
      const news = near.filter(({ budget, key }) => budget === name && !told.has(`${budget} ${key}`));
      for (const { budget, key } of news) told.set(`${budget} ${key}`, nowMs);
      if (news.length > 0) {
        log.warn(
          { event: 'quota.near', current: currentId, budget: name, keys: news.length },
          'keys come near what the destination takes of one in a day; keysNearQuota names them',
        );
      }
    }
  }

  return {
    async keep(when) {
      const nowMs = Date.now();
      if (nowMs < dueMs && when !== 'now') return;
      dueMs = nowMs + everyMs;
      const uses = budgets.takeUses();
      if (uses.length === 0) return;
      try {
        warn(await note(sql, currentId, uses), nowMs);
      } catch (error) {
        // What was counted is lost; the partner counts for itself.
        onError(error);
      }
    },
  };
}

interface NearKey {
  readonly budget: string;
  readonly key: string;
}

/** Adds to this hour's row of each key, and answers the keys that are near their quota. */
async function note(sql: Sql, currentId: number, given: readonly QuotaUses[]): Promise<readonly NearKey[]> {
  // No text of PostgreSQL holds a NUL (PostgreSQL, Character Types).
  const rows = given.flatMap(({ budget, quota, uses }) =>
    uses.map(({ key, used }) => ({ budget, quota, key: key.replaceAll('\0', '\uFFFD'), used })),
  );
  return sql<NearKey[]>`
    with given as (
      select budget, key, sum(used) as used, max(allow) as allow, max(per_ms) as per_ms from unnest(
        ${rows.map(({ budget }) => budget)}::text[],
        ${rows.map(({ key }) => key)}::text[],
        ${rows.map(({ used }) => used)}::float8[],
        ${rows.map(({ quota }) => quota.allow)}::float8[],
        ${rows.map(({ quota }) => quota.perMs)}::float8[]) g (budget, key, used, allow, per_ms)
      group by budget, key
    ), noted as (
      insert into quota_use as u (current_id, budget, key, hour, used, allow, counts_until)
      select ${currentId}, budget, key, date_trunc('hour', now()), used, allow, date_trunc('hour', now()) + per_ms * interval '1 millisecond'
      from given order by budget, key
      on conflict (current_id, budget, key, hour) do update set used = u.used + excluded.used, allow = excluded.allow
      returning budget, key, used, allow
    )
    select n.budget, n.key from noted n
    where n.used + (
      select coalesce(sum(u.used), 0) from quota_use u
      where u.current_id = ${currentId} and u.budget = n.budget and u.key = n.key and u.hour < date_trunc('hour', now()) and u.counts_until > now()
    ) >= n.allow * ${nearShare}::float8`;
}

/** What has left the window of its quota says nothing any more. */
export async function forgetPassedUses(sql: Sql): Promise<void> {
  await sql`delete from quota_use where counts_until <= now()`;
}
