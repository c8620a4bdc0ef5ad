import type { Sql } from '../db/connect.js';
import { watchKeys } from '../secrets/keyCache.js';
import type { TokenLimits } from './tokenRates.js';

export interface ValidToken extends TokenLimits {
  readonly id: number;
}

export type IngestTokens = Awaited<ReturnType<typeof watchIngestTokens>>;

/** Keeps the valid ingest tokens in memory, up to date with the database: see `watchKeys`. */
export async function watchIngestTokens(sql: Sql, onError: (error: unknown) => void) {
  const { find, recordUse, stop } = await watchKeys(sql, {
    table: 'ingest_token',
    channel: 'currents_tokens',
    load: () => sql<(ValidToken & { readonly hash: string })[]>`
      select id, encode(hash, 'hex') as hash, events_per_second as "eventsPerSecond",
        bytes_per_second::float8 as "bytesPerSecond"
      from ingest_token where revoked_at is null`,
    onError,
  });
  return {
    /** A valid token, or undefined. Rejects when a token is not in memory and the database does not answer. */
    async check(token: string, mayLookUp?: () => boolean): Promise<ValidToken | undefined> {
      const found = await find(token, mayLookUp);
      if (found) recordUse(found.id);
      return found;
    },
    stop,
  };
}
