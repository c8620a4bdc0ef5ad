import type { Sql } from '../db/connect.js';
import { watchKeys } from '../secrets/keyCache.js';

/** The valid ingest tokens, in memory. */
export interface IngestTokens {
  /** The id of a valid token, or undefined. Rejects when a token is not in memory and the database does not answer. */
  check(token: string): Promise<number | undefined>;
  stop(): Promise<void>;
}

/** Keeps the valid tokens in memory, up to date with the database: see `watchKeys`. */
export async function watchIngestTokens(sql: Sql, onError: (error: unknown) => void): Promise<IngestTokens> {
  const { find, recordUse, stop } = await watchKeys(sql, {
    table: 'ingest_token',
    channel: 'currents_tokens',
    load: () => sql<{ id: number; hash: string }[]>`
      select id, encode(hash, 'hex') as hash from ingest_token where revoked_at is null`,
    onError,
  });
  return {
    async check(token) {
      const id = (await find(token))?.id;
      if (id !== undefined) recordUse(id);
      return id;
    },
    stop,
  };
}
