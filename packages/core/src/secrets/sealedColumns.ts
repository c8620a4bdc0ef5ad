import { sql, type SQL } from 'drizzle-orm';
import type { PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type { Sql } from '../db/connect.js';
import type { Seal } from './seal.js';

/** Where sealed values are stored; all of it is SQL. */
export interface SealedColumn {
  readonly table: string;
  /** The value as bytes, or null. */
  readonly value: string;
  /** What the value is sealed for. */
  readonly context: string;
  /** A text of its own for each row; by default the context. */
  readonly key?: string;
  /** Replaces the value by the bytes of an expression. */
  readonly assign: (bytes: string) => string;
}

const column = (table: string, name: string, context: string): SealedColumn => ({
  table,
  value: name,
  context,
  assign: (bytes) => `${name} = ${bytes}`,
});

/** Every column with sealed values. A job of `reseal_secrets` stores the places in this list: new ones come last. */
export const sealedColumns: readonly SealedColumn[] = [
  column('current', 'credentials', "'current:' || id"),
  column('credential_rotation', 'credentials', "'current:' || current_id"),
  column('segment_webhook', 'secret', "'webhook:' || id"),
  column('notice_webhook', 'secret', "'notice_webhook:' || id"),
  column('user_deletion', 'sealed', "'user_deletion:' || array_to_string(hashes, ',')"),
  column('idempotency_key', 'answer', "'idempotency:' || admin_token_id || ':' || key"),
  {
    table: 'job',
    value: "case when operation = 'repeat_user_deletions' then decode(progress->>'sealed', 'base64') end",
    context: "'repeat_user_deletions'",
    key: "'job:' || id",
    assign: (bytes) =>
      `progress = progress || jsonb_build_object('sealed', translate(encode(${bytes}, 'base64'), E'\\n', ''))`,
  },
  column('segment_webhook', 'former_secret', "'webhook:' || id"),
  column('notice_webhook', 'former_secret', "'notice_webhook:' || id"),
  column('segment_sync', 'credentials', "'segment_sync:' || id"),
];

/** What tells the keys of sealed values apart. */
export type SealKeys = Pick<Seal, 'keyId' | 'isRotated'>;

/** SQL: a value is not sealed with the key that seals now. Without other keys, what names no key is sealed with it. */
export function isUnderOtherKey(expression: string, keys: SealKeys): SQL {
  return sql.raw(underOtherKey(expression, keys));
}

function underOtherKey(expression: string, { keyId, isRotated }: SealKeys): string {
  const version = `substring((${expression}) from 1 for 1)`;
  const isOther = `substring((${expression}) from 2 for ${keyId.length}) <> decode('${keyId.toString('hex')}', 'hex')`;
  return isRotated ? `(${version} = '\\x01'::bytea or ${isOther})` : `(${version} = '\\x02'::bytea and ${isOther})`;
}

function countStatement(keys: SealKeys): string {
  const counts = [...sealedColumns, { table: 'master_key_check', value: 'sealed' }].map(
    ({ table, value }) => `(select count(*) from ${table} where ${underOtherKey(value, keys)})`,
  );
  return `select (${counts.join(' + ')})::float8 as n`;
}

/** How many sealed values are under another key than the one that seals now, the check of the master key included. */
export async function countUnderOtherKeys(db: Pick<PostgresJsDatabase, 'execute'>, keys: SealKeys): Promise<number> {
  const [row] = await db.execute<{ n: number }>(sql.raw(countStatement(keys)));
  return row?.n ?? 0;
}

/** The same over a connection that Drizzle must not change: it would read times as texts from then on. */
export async function readSecretsUnderPreviousKey(connection: Sql, keys: SealKeys): Promise<number> {
  const [row] = await connection.unsafe<{ n: number }[]>(countStatement(keys));
  return row?.n ?? 0;
}
