import type { Sql } from './db/connect.js';
import { hashToken } from './token.js';

/** Knows which ingest tokens are good at this moment. */
export interface IngestTokens {
  /** The id of a good token, or undefined. Rejects only when the database is needed and does not answer. */
  check(token: string): Promise<number | undefined>;
  stop(): Promise<void>;
}

const useNotedMs = 60_000;
const refreshMs = 5_000;
/** Unknown tokens are looked up in the database at most this often, so that guessing costs the hub nothing. */
const missesPerSecond = 50;

/**
 * Keeps the good tokens in memory. A revoked one is refused as soon as the database has told of it, milliseconds
 * later; a new one is good at once.
 */
export async function watchIngestTokens(sql: Sql, onError: (error: unknown) => void): Promise<IngestTokens> {
  let good = new Map<string, number>();
  const noted = new Map<number, number>();
  let misses = 0;

  async function load(): Promise<void> {
    const rows = await sql<{ id: number; hash: string }[]>`
      select id, encode(hash, 'hex') as hash from ingest_token where revoked_at is null`;
    good = new Map(rows.map(({ hash, id }) => [hash, id]));
  }

  const reload = (): void => void load().catch(onError);
  await load();
  const subscription = await sql.listen('currents_tokens', reload, reload);
  const timer = setInterval(() => {
    misses = 0;
    if (Date.now() - loadedMs > refreshMs) {
      loadedMs = Date.now();
      reload();
    }
  }, 1_000);
  let loadedMs = Date.now();
  timer.unref();

  function noteUse(id: number): void {
    const now = Date.now();
    if (now - (noted.get(id) ?? 0) < useNotedMs) return;
    noted.set(id, now);
    sql`update ingest_token set last_used_at = now() where id = ${id}`.catch(onError);
  }

  return {
    async check(token) {
      const hash = hashToken(token).toString('hex');
      if (!good.has(hash) && misses < missesPerSecond) {
        misses++;
        await load();
      }
      const id = good.get(hash);
      if (id !== undefined) noteUse(id);
      return id;
    },
    async stop() {
      clearInterval(timer);
      await subscription.unlisten();
    },
  };
}
