import { sql, type SQL } from 'drizzle-orm';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type { Seal } from './seal.js';

/** Every column with sealed values, and the context that each is sealed for. */
export const sealedColumns = [
  { table: 'current', column: 'credentials', context: "'current:' || id" },
  { table: 'credential_rotation', column: 'credentials', context: "'current:' || current_id" },
  { table: 'segment_webhook', column: 'secret', context: "'webhook:' || id" },
  { table: 'notice_webhook', column: 'secret', context: "'notice_webhook:' || id" },
  { table: 'user_deletion', column: 'sealed', context: "'user_deletion:' || array_to_string(hashes, ',')" },
  { table: 'idempotency_key', column: 'answer', context: "'idempotency:' || admin_token_id || ':' || key" },
] as const;

/** SQL: a value is not sealed with the key that seals now. Without other keys, what names no key is sealed with it. */
export function isUnderOtherKey(column: string, { keyId, isRotated }: Seal): SQL {
  const value = sql.raw(column);
  const isOther = sql`substring(${value} from 2 for ${sql.raw(String(keyId.length))}) <> decode(${keyId.toString('hex')}, 'hex')`;
  return isRotated
    ? sql`(substring(${value} from 1 for 1) = '\\x01'::bytea or ${isOther})`
    : sql`(substring(${value} from 1 for 1) = '\\x02'::bytea and ${isOther})`;
}

/** How many sealed values are under another key than the one that seals now, the check of the master key included. */
export async function countUnderOtherKeys(db: Pick<PostgresJsDatabase, 'execute'>, seal: Seal): Promise<number> {
  const counts = [...sealedColumns, { table: 'master_key_check', column: 'sealed' }].map(
    ({ table, column }) =>
      sql`(select count(*) from ${sql.raw(table)} where ${sql.raw(column)} is not null and ${isUnderOtherKey(column, seal)})`,
  );
  const [row] = await db.execute<{ n: number }>(sql`select (${sql.join(counts, sql` + `)})::float8 as n`);
  return row?.n ?? 0;
}
