import type { Sql } from '../db/connect.js';
import { watchKeys } from '../secrets/keyCache.js';

export type IngestTokens = Awaited<ReturnType<typeof watchIngestTokens>>;

/** Keeps the valid ingest tokens in memory, up to date with the database: see `watchKeys`. */
export async function watchIngestTokens(sql: Sql, onError: (error: unknown) => void) {
  const { find, recordUse, stop } = await watchKeys(sql, {
    table: 'ingest_token',
    channel: 'currents_tokens',
    load: () => sql<{ id: number; hash: string }[]>`
      select id, encode(hash, 'hex') as hash from ingest_token where revoked_at is null`,
    onError,
  });
  return {
    /** The id of a valid token, or undefined. Rejects when a token is not in memory and the database does not answer. */
    async check(token: string, mayLookUp?: () => boolean): Promise<number | undefined> {
      const id = (await find(token, mayLookUp))?.id;
      if (id !== undefined) recordUse(id);
      return id;
    },
    stop,
  };
}
