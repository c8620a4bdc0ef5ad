import type { Logger } from 'pino';
import type { Sql } from '../db/connect.js';
import type { Budgets, BudgetQuotaUsage } from './budgets.js';

/** A key is near its quota from this share of it on. */
export const nearQuotaShare = 0.8;

interface Deps {
  readonly sql: Sql;
  readonly log: Logger;
  readonly currentId: number;
  readonly budgets: Pick<Budgets, 'takeQuotaUsage'>;
  readonly onError: (error: unknown) => void;
}

const flushIntervalMs = 15_000;
/** How long the same key is not warned of again. */
const warnAgainMs = 24 * 3_600_000;

/** Records what the busiest keys of one Current have used of their quotas, summed over all workers. */
export function openQuotaRecorder({ sql, log, currentId, budgets, onError }: Deps) {
  let dueMs = 0;
  const warnedAt = new Map<string, number>();

  function warn(near: readonly NearKey[], nowMs: number): void {
    for (const [key, atMs] of warnedAt) if (atMs <= nowMs - warnAgainMs) warnedAt.delete(key);
    for (const name of new Set(near.map(({ budget }) => budget))) {
      const news = near.filter(({ budget, key }) => budget === name && !warnedAt.has(`${budget} ${key}`));
      for (const { budget, key } of news) warnedAt.set(`${budget} ${key}`, nowMs);
      if (news.length > 0) {
        log.warn(
          { event: 'quota.approached', current: currentId, budget: name, keys: news.length },
          'keys are near their daily quota at the destination; keysNearQuota lists them',
        );
      }
    }
  }

  return {
    /** Writes what has been counted since the last flush, at most every 15 s unless called with `now`. Never rejects. */
    async flush(when?: 'now'): Promise<void> {
      const nowMs = performance.now();
      if (nowMs < dueMs && when !== 'now') return;
      dueMs = nowMs + flushIntervalMs;
      const usage = budgets.takeQuotaUsage();
      if (usage.length === 0) return;
      try {
        warn(await saveUsage(sql, currentId, usage), nowMs);
      } catch (error) {
        // The counts are lost; the partner's own count still holds.
        onError(error);
      }
    },
  };
}

type NearKey = Readonly<Record<'budget' | 'key', string>>;

/** Adds to this hour's row of each key. Returns the keys that are near their quota. */
async function saveUsage(sql: Sql, currentId: number, usage: readonly BudgetQuotaUsage[]): Promise<readonly NearKey[]> {
  // No text of PostgreSQL holds a NUL (PostgreSQL, Character Types).
  const rows = usage.flatMap(({ budget, quota, keys }) =>
    keys.map(({ key, used }) => ({ budget, quota, key: key.replaceAll('\0', '\uFFFD'), used })),
  );
  return sql<NearKey[]>`
    with given as (
      select budget, key, sum(used) as used, max(allow) as allow, max(per_ms) as per_ms from unnest(
        ${rows.map(({ budget }) => budget)}::text[],
        ${rows.map(({ key }) => key)}::text[],
        ${rows.map(({ used }) => used)}::float8[],
        ${rows.map(({ quota }) => quota.limit)}::float8[],
        ${rows.map(({ quota }) => quota.periodMs)}::float8[]) g (budget, key, used, allow, per_ms)
      group by budget, key
    ), noted as (
      insert into quota_usage as u (current_id, budget, key, hour, used, quota_limit, expires_at)
      select ${currentId}, budget, key, date_trunc('hour', now()), used, allow, date_trunc('hour', now()) + per_ms * interval '1 millisecond'
      from given order by budget, key
      on conflict (current_id, budget, key, hour) do update set used = u.used + excluded.used, quota_limit = excluded.quota_limit
      returning budget, key, used, quota_limit
    )
    select n.budget, n.key from noted n
    where n.used + (
      select coalesce(sum(u.used), 0) from quota_usage u
      where u.current_id = ${currentId} and u.budget = n.budget and u.key = n.key and u.hour < date_trunc('hour', now()) and u.expires_at > now()
    ) >= n.quota_limit * ${nearQuotaShare}::float8`;
}

/** Deletes usage that no longer counts towards its quota. */
export async function deleteExpiredUsage(sql: Sql): Promise<void> {
  await sql`delete from quota_usage where expires_at <= now()`;
}
