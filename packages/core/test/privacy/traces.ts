import { deserialize } from 'node:v8';
import type { Seal, Sql } from '@currents/core';
import { readableEvents } from '../../src/batch/batch.js';
import { storedData, type Treatment } from '../../src/privacy/storedData.js';
import { unpackContent } from '../../src/quarantine/content.js';

interface Column {
  readonly table: string;
  readonly column: string;
  readonly type: string;
}

/** Every column of every table of the hub that can hold a text: with text, JSON, bytes or a list. */
export async function columnsOf(sql: Sql): Promise<readonly Column[]> {
  return sql<Column[]>`
    select c.relname as table, a.attname as column, format_type(a.atttypid, a.atttypmod) as type
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_type t on t.oid = a.atttypid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and c.relname <> 'migration'
      and a.attnum > 0 and not a.attisdropped and (t.typcategory in ('S', 'A', 'U') and t.typname <> 'uuid')
    order by 1, 2`;
}

/** A member set belongs to no schema; it is known by its name. */
export function treatmentOf(table: string, column: string): Treatment | undefined {
  if (table.startsWith('member_set_')) return column === 'member' ? 'members' : undefined;
  return storedData[table]?.[column];
}

/** Where one of the texts is found in the database, as `table.column`: in every row of every table, decoded. */
export async function tracesOf(sql: Sql, seal: Seal, texts: readonly string[]): Promise<readonly string[]> {
  const traces = new Set<string>();
  for (const { table, column, type } of await columnsOf(sql)) {
    const treatment = treatmentOf(table, column);
    if (treatment === undefined)
      throw new Error(`${table}.${column} is not in storedData.ts: can it hold ids of users?`);
    const rows = await sql<{ value: unknown; row: Record<string, unknown> }[]>`
      select ${sql(column)} as value, to_jsonb(t) as row from ${sql(table)} t where ${sql(column)} is not null`;
    for (const { value, row } of rows) {
      const decoded = type === 'bytea' ? await decode(value as Buffer, treatment, row, seal) : JSON.stringify(value);
      if (texts.some((text) => decoded.includes(text))) traces.add(`${table}.${column}`);
    }
  }
  return [...traces];
}

async function decode(
  value: Buffer,
  treatment: Treatment,
  row: Readonly<Record<string, unknown>>,
  seal: Seal,
): Promise<string> {
  switch (treatment) {
    case 'batch': {
      const events = await readableEvents(value);
      if (events.length !== row['events']) throw new Error('a batch cannot be read');
      return JSON.stringify(events);
    }
    case 'quarantine':
      return JSON.stringify(await unpackContent(value, row['events'] as number));
    case 'answers': {
      const opened = seal.open(value, `idempotency:${String(row['admin_token_id'])}:${String(row['key'])}`);
      return JSON.stringify(deserialize(Buffer.from(opened, 'base64')));
    }
    case 'sealed':
    case 'bytes':
      return value.toString('latin1') + value.toString('hex');
    default:
      throw new Error(`no way to decode bytes that are classified as ${treatment}`);
  }
}
