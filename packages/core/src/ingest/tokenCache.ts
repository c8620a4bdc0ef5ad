import type { Sql } from '../db/connect.js';
import { hashToken } from '../secrets/token.js';

/** Knows which ingest tokens are good at this moment. */
export interface IngestTokens {
  /** The id of a valid token, or undefined. Rejects only when the database is needed and does not answer. */
  check(token: string): Promise<number | undefined>;
  stop(): Promise<void>;
}

const useNotedMs = 60_000;
const refreshMs = 5_000;
const answerMs = 5_000;
/** Unknown tokens are looked up in the database at most this often, so that guessing costs the hub nothing. */
const missesPerSecond = 50;

/**
 * Caches the valid tokens. A revoked one is refused as soon as the database has told of it, milliseconds
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
        await inTime(load());
      }
      const id = good.get(hash);
      if (id !== undefined) noteUse(id);
      return id;
    },
    async stop() {
      clearInterval(timer);
      // Not waited for: on a connection that was just lost it is never answered, and the pool's end ends it anyway.
      void subscription.unlisten().catch(() => undefined);
    },
  };
}

/** Who shows an unknown token is not kept waiting for a database that is away. */
async function inTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`the database did not answer within ${answerMs} ms`)), answerMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
