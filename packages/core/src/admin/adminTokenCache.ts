import type { Sql } from '../db/connect.js';
import type { AdminRole } from '../db/schema.js';
import { watchKeys } from '../secrets/keyCache.js';

export type AdminTokens = Awaited<ReturnType<typeof watchAdminTokens>>;

/** A token that is valid now. */
export interface ValidAdminToken {
  /** The database key, as text. */
  readonly id: string;
  readonly role: AdminRole;
}

/**
 * Keeps the admin tokens that are not revoked in memory: see `watchKeys`. Only a token that is among them is looked up in
 * the database, so that guessed ones cause no queries and a revoked one is refused at once, on every process.
 */
export async function watchAdminTokens(sql: Sql, onError: (error: unknown) => void) {
  const { find, recordUse, stop } = await watchKeys(sql, {
    table: 'admin_token',
    channel: 'currents_tokens',
    load: () => sql<{ id: number; hash: string }[]>`
      select id, encode(hash, 'hex') as hash from admin_token where revoked_at is null`,
    onError,
  });
  return {
    /** The token if it is valid, by the database's clock. Rejects when the database is needed and does not answer. */
    async check(token: string, mayLookUp?: () => boolean): Promise<ValidAdminToken | 'expired' | undefined> {
      const known = await find(token, mayLookUp);
      if (known === undefined) return undefined;
      const [row] = await sql<{ role: AdminRole; expired: boolean }[]>`
        select role, coalesce(expires_at <= now(), false) as expired from admin_token
        where id = ${known.id} and revoked_at is null`;
      if (row === undefined) return undefined;
      if (row.expired) return 'expired';
      recordUse(known.id);
      return { id: String(known.id), role: row.role };
    },
    stop,
  };
}
