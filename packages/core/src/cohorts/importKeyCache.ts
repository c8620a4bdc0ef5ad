import type { Sql } from '../db/connect.js';
import { hashToken } from '../secrets/token.js';

/** Knows which data import keys are valid at this moment, each for one partner. */
export interface ImportKeys {
  /**
   * The id of a key that is valid for the partner now, by the database's clock; otherwise undefined. Rejects only when
   * the database is needed and does not answer.
   */
  check(partner: string, key: string): Promise<number | undefined>;
  stop(): Promise<void>;
}

interface ValidKey {
  readonly id: number;
  readonly partner: string;
  /** Good only until a given time, so the database is asked each time whether that has come. */
  readonly limited: boolean;
}

const useNotedMs = 60_000;
const refreshMs = 5_000;
/** Unknown keys are looked up in the database at most this often, so that guessing costs the hub nothing. */
const missesPerSecond = 50;

/** Caches the valid keys. A new key is accepted at once; a revoked one is refused milliseconds later. */
export async function watchImportKeys(sql: Sql, onError: (error: unknown) => void): Promise<ImportKeys> {
  let valid = new Map<string, ValidKey>();
  const noted = new Map<number, number>();
  let misses = 0;
  let loadedMs = Date.now();

  async function load(): Promise<void> {
    const rows = await sql<(ValidKey & { hash: string })[]>`
      select id, partner, encode(hash, 'hex') as hash, revoked_at is not null as limited from import_key
      where revoked_at is null or revoked_at > clock_timestamp()`;
    valid = new Map(rows.map((row) => [row.hash, row]));
    loadedMs = Date.now();
  }

  const reload = (): void => void load().catch(onError);
  await load();
  const subscription = await sql.listen('currents_import_keys', reload, reload);
  const timer = setInterval(() => {
    misses = 0;
    if (Date.now() - loadedMs > refreshMs) reload();
  }, 1_000);
  timer.unref();

  function noteUse(id: number): void {
    const now = Date.now();
    if (now - (noted.get(id) ?? 0) < useNotedMs) return;
    noted.set(id, now);
    sql`update import_key set last_used_at = now() where id = ${id}`.catch(onError);
  }

  return {
    async check(partner, key) {
      const hash = hashToken(key).toString('hex');
      if (!valid.has(hash) && misses < missesPerSecond) {
        misses++;
        await load();
      }
      const found = valid.get(hash);
      if (!found || found.partner !== partner) return undefined;
      if (found.limited && !(await isGood(sql, found.id))) return undefined;
      noteUse(found.id);
      return found.id;
    },
    async stop() {
      clearInterval(timer);
      // Not waited for: on a connection that was just lost it is never answered, and the pool's end ends it anyway.
      void subscription.unlisten().catch(() => undefined);
    },
  };
}

async function isGood(sql: Sql, id: number): Promise<boolean> {
  const [row] = await sql`
    select from import_key where id = ${id} and (revoked_at is null or revoked_at > clock_timestamp())`;
  return row !== undefined;
}
