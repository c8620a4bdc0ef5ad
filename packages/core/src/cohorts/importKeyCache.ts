import type { Sql } from '../db/connect.js';
import { watchKeys } from '../secrets/keyCache.js';

/** The valid data import keys, in memory. */
export type ImportKeys = Awaited<ReturnType<typeof watchImportKeys>>;

interface ValidKey {
  readonly id: number;
  readonly partner: string;
  /** Revoked from a future time, so the database is asked on each use whether that time has come. */
  readonly expires: boolean;
}

/** Keeps the valid keys in memory, up to date with the database: see `watchKeys`. */
export async function watchImportKeys(sql: Sql, onError: (error: unknown) => void) {
  const { find, recordUse, stop } = await watchKeys(sql, {
    table: 'import_key',
    channel: 'currents_import_keys',
    load: () => sql<(ValidKey & { hash: string })[]>`
      select id, partner, encode(hash, 'hex') as hash, revoked_at is not null as expires from import_key
      where revoked_at is null or revoked_at > clock_timestamp()`,
    onError,
  });
  return {
    /**
     * The id of a key that is valid for the partner now, by the database's clock; otherwise undefined. Rejects when the
     * database is needed and does not answer.
     */
    async check(partner: string, key: string, mayLookUp?: () => boolean): Promise<number | undefined> {
      const found = await find(key, mayLookUp);
      if (found?.partner !== partner || (found.expires && !(await isValid(sql, found.id)))) return undefined;
      recordUse(found.id);
      return found.id;
    },
    stop,
  };
}

async function isValid(sql: Sql, id: number): Promise<boolean> {
  const [row] = await sql`
    select from import_key where id = ${id} and (revoked_at is null or revoked_at > clock_timestamp())`;
  return row !== undefined;
}
