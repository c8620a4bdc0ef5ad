import type { Queries } from '../db/session.js';
import type { BackupHeader, BackupTable } from './backupFormat.js';

/** The names of the tables that hold rows: partitions in the place of their parents. The queue's tables are made anew. */
export async function listTables(sql: Queries): Promise<readonly string[]> {
  const rows = await sql<{ name: string }[]>`
    select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and pg_table_is_visible(c.oid) and n.nspname !~ '^(pg_|information_schema)' order by c.relname`;
  return rows.map(({ name }) => name);
}

/** The tables that are stored, with their columns. Generated columns are left out: they are computed again. */
export async function describeTables(sql: Queries): Promise<readonly BackupTable[]> {
  const rows = await sql<{ name: string; columns: string[]; parent: string | null; day: string | null }[]>`
    select c.relname as name, p.relname as parent,
      case when c.relispartition then to_char(to_date(right(c.relname, 8), 'YYYYMMDD'), 'YYYY-MM-DD') end as day,
      (select array_agg(a.attname::text order by a.attnum) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    left join pg_inherits i on i.inhrelid = c.oid left join pg_class p on p.oid = i.inhparent
    where c.relkind = 'r' and pg_table_is_visible(c.oid) and n.nspname !~ '^(pg_|information_schema)' order by c.relname`;
  return rows.map(({ name, columns, parent, day }) => ({
    name,
    columns,
    ...(parent !== null && day !== null && { partition: { of: parent, day } }),
  }));
}

export async function readSequences(sql: Queries): Promise<BackupHeader['sequences']> {
  const names = await sql<{ name: string }[]>`
    select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'S' and pg_table_is_visible(c.oid) and n.nspname !~ '^(pg_|information_schema)' order by c.relname`;
  const sequences: BackupHeader['sequences'] = [];
  for (const { name } of names) {
    const [row] = await sql<[{ lastValue: string; isCalled: boolean }]>`
      select last_value::text as "lastValue", is_called as "isCalled" from ${sql(name)}`;
    sequences.push({ name, ...row });
  }
  return sequences;
}
