import { setTimeout as wait } from 'node:timers/promises';
import type { Sql } from '../db/connect.js';
import { hashToken } from './token.js';

interface KeyCacheOptions<Row> {
  readonly table: 'ingest_token' | 'import_key' | 'admin_token' | 'console_session';
  /** The channel on which a trigger of the table notifies of every change. */
  readonly channel: string;
  /** Reads all valid keys; `hash` in hex. */
  readonly load: () => Promise<readonly (Row & { readonly hash: string })[]>;
  readonly onError: (error: unknown) => void;
}

const recordUseMs = 60_000;
const reloadMs = 5_000;
const loadTimeoutMs = 5_000;
/** Bounds the queries that guessed keys can cause. */
const maxMissesPerSecond = 50;

/**
 * Loads all valid keys of one table and reloads them on NOTIFY, and every 5 s in case a notification was lost. A revoked key is
 * refused milliseconds after the commit. A key that is not in memory is looked up, so a new one is valid at once.
 */
export async function watchKeys<Row extends { readonly id: number }>(
  sql: Sql,
  { table, channel, load, onError }: KeyCacheOptions<Row>,
) {
  let valid = new Map<string, Row>();
  const usedAtMs = new Map<number, number>();
  let misses = 0;

  let begun = 0;
  let latest = 0;

  const reload = async (): Promise<void> => {
    const number = ++begun;
    const rows = await load();
    // One that began later has ended before, and may know of a revocation that this one does not.
    if (number < latest) return;
    latest = number;
    valid = new Map(rows.map((row) => [row.hash, row]));
  };
  const tryReload = (): void => void reload().catch(onError);
  await reload();
  const subscription = await sql.listen(channel, tryReload, tryReload);
  const timers = [setInterval(() => (misses = 0), 1_000), setInterval(tryReload, reloadMs)];
  for (const timer of timers) timer.unref();

  return {
    /**
     * The row of a valid key, or undefined. Rejects when a key is not in memory and the database does not answer.
     * @param mayLookUp asked for a key that is not in memory: whether to read the database for it.
     */
    async find(key: string, mayLookUp: () => boolean = () => true): Promise<Row | undefined> {
      const hash = hashToken(key).toString('hex');
      if (!valid.has(hash) && mayLookUp() && misses < maxMissesPerSecond) {
        misses++;
        await withTimeout(reload());
      }
      return valid.get(hash);
    },
    /** Records `last_used_at`, at most once a minute per key. */
    recordUse(id: number): void {
      const nowMs = performance.now();
      if (nowMs - (usedAtMs.get(id) ?? -Infinity) < recordUseMs) return;
      usedAtMs.set(id, nowMs);
      sql`update ${sql(table)} set last_used_at = now() where id = ${id}`.catch(onError);
    },
    async stop(): Promise<void> {
      for (const timer of timers) clearInterval(timer);
      // Not awaited: a lost connection never answers, and ending the pool ends the subscription.
      void subscription.unlisten().catch(() => undefined);
    },
  };
}

/** Rejects after 5 s, so that a sender with an unknown key gets an answer while the database is unreachable. */
async function withTimeout(work: Promise<void>): Promise<void> {
  const timeout = wait(loadTimeoutMs, undefined, { ref: false }).then(() => {
    throw new Error(`the database did not answer within ${loadTimeoutMs} ms`);
  });
  await Promise.race([work, timeout]);
}
