import { connect, type Sql } from '@currents/core';
import { is, SQL } from 'drizzle-orm';
import { getTableConfig, isPgSequence, PgDialect, PgTable, type PgColumn } from 'drizzle-orm/pg-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as schema from '../src/db/schema.js';
import { createTestDatabase, type TestDatabase } from './database.js';

/**
 * Creates the tables of the Drizzle schema next to the migrated ones, and compares the catalogs of both. Excludes what
 * Drizzle cannot express: partitions, storage parameters, triggers, functions, and names of keys.
 */

let database: TestDatabase;
let sql: Sql;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 1, name: 'test' });
  await sql.unsafe(ddl());
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

const tables = Object.values(schema).filter((each) => is(each, PgTable));
const dialect = new PgDialect();
const text = (expression: SQL): string => dialect.sqlToQuery(expression.inlineParams()).sql;

function ddl(): string {
  const sequences = Object.values(schema).filter(isPgSequence);
  const statements = [
    'create schema drizzle; set search_path = drizzle',
    ...sequences.map(({ seqName }) => `create sequence "${seqName}"`),
    ...tables.map(createTable),
    ...tables.flatMap(createIndexes),
    ...tables.flatMap(addForeignKeys),
    'set search_path = public',
  ];
  return statements.join(';\n');
}

function createTable(table: PgTable): string {
  const { name, columns, primaryKeys, uniqueConstraints, checks } = getTableConfig(table);
  const list = (some: readonly { readonly name: string }[]) => some.map((column) => `"${column.name}"`).join(', ');
  const parts = [
    ...columns.map(columnDefinition),
    ...primaryKeys.map((key) => `primary key (${list(key.columns)})`),
    ...uniqueConstraints.map((each) => `unique (${list(each.columns)})`),
    ...columns.filter(({ enumValues }) => enumValues).map((column) => valuesCheck(name, column)),
    ...checks.map((check) => `constraint "${check.name}" check (${text(check.value).replaceAll(`"${name}".`, '')})`),
  ];
  return `create table "${name}" (${parts.join(', ')})`;
}

/** A column with a fixed set of values has a check constraint for them, named after the column. */
function valuesCheck(table: string, { name, enumValues = [] }: PgColumn): string {
  return `constraint "${table}_${name}_check" check (${name} in (${enumValues.map((value) => `'${value}'`).join(', ')}))`;
}

function columnDefinition(column: PgColumn): string {
  const fallback = column.hasDefault && column.default !== undefined ? ` default ${literal(column)}` : '';
  return [
    `"${column.name}" ${column.getSQLType()}`,
    column.notNull ? ' not null' : '',
    column.primary ? ' primary key' : '',
    column.isUnique ? ' unique' : '',
    column.generatedIdentity ? ' generated always as identity' : '',
    fallback,
  ].join('');
}

function literal({ default: value }: PgColumn): string {
  if (is(value, SQL)) return text(value);
  if (Array.isArray(value)) return `'{${value.join(',')}}'`;
  if (typeof value === 'object') return `'${JSON.stringify(value)}'`;
  const word = typeof value === 'string' ? value : JSON.stringify(value);
  return /^\d+$/.test(word) ? word : `'${word}'`;
}

function createIndexes(table: PgTable): string[] {
  const { name: owner, indexes } = getTableConfig(table);
  return indexes.map(({ config: { name, columns, unique, where, method, with: options = {} } }) => {
    const keys = columns.map((key) => {
      if (is(key, SQL)) return text(key).replaceAll(`"${owner}".`, '');
      const { name: column, indexConfig } = key as { name: string; indexConfig: { order?: string } };
      return `"${column}"${indexConfig.order === 'desc' ? ' desc' : ''}`;
    });
    const condition = where ? ` where ${text(where).replaceAll(`"${owner}".`, '')}` : '';
    const stored = Object.entries(options).map(([option, value]) => `${option} = ${String(value)}`);
    const parameters = stored.length > 0 ? ` with (${stored.join(', ')})` : '';
    return `create ${unique ? 'unique ' : ''}index "${name}" on "${owner}" using ${method ?? 'btree'} (${keys.join(', ')})${parameters}${condition}`;
  });
}

function addForeignKeys(table: PgTable): string[] {
  const { name, foreignKeys } = getTableConfig(table);
  return foreignKeys.map((key) => {
    const { columns, foreignColumns, foreignTable } = key.reference();
    const [from, to] = [columns, foreignColumns].map((list) => list.map((each) => `"${each.name}"`).join(', '));
    return `alter table "${name}" add foreign key (${from}) references "${getTableConfig(foreignTable).name}" (${to}) on delete ${key.onDelete ?? 'no action'}`;
  });
}

/** The hub's tables, without partitions, member sets and the list of migrations. */
const inSchema = (name: string) => sql`
  c.relnamespace = ${name}::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
  and c.relname <> 'migration' and c.relname !~ '^(member_set_|bullmq)'`;

const questions = {
  tables: (name: string) => sql`select c.relname as table from pg_class c where ${inSchema(name)} order by 1`,
  columns: (name: string) => sql`
    select c.relname as table, a.attname as column, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull as required,
      a.attidentity as identity, l.collname as collation, replace(pg_get_expr(d.adbin, d.adrelid), ${`${name}.`}, '') as default
    from pg_attribute a join pg_class c on c.oid = a.attrelid
      left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
      left join pg_collation l on l.oid = a.attcollation
    where ${inSchema(name)} and a.attnum > 0 and not a.attisdropped order by 1, 2`,
  keys: (name: string) => sql`
    select c.relname as table, replace(pg_get_constraintdef(k.oid), ${`${name}.`}, '') as key
    from pg_constraint k join pg_class c on c.oid = k.conrelid
    where ${inSchema(name)} and k.contype in ('p', 'u', 'f') order by 1, 2`,
  checks: (name: string) => sql`
    select c.relname as table, k.conname as check, pg_get_constraintdef(k.oid) as condition
    from pg_constraint k join pg_class c on c.oid = k.conrelid
    where ${inSchema(name)} and k.contype = 'c' order by 1, 2`,
  indexes: (name: string) => sql`
    select c.relname as table, replace(replace(pg_get_indexdef(i.indexrelid), ${`${name}.`}, ''), ' ON ONLY ', ' ON ') as index
    from pg_index i join pg_class c on c.oid = i.indrelid
    where ${inSchema(name)} and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u')) order by 1, 2`,
};

it.each(Object.keys(questions) as (keyof typeof questions)[])(
  'the Drizzle schema has the %s of the migrated database',
  async (which) => {
    const migrated = await questions[which]('public');
    expect(migrated.length).toBeGreaterThan(0);
    expect([...(await questions[which]('drizzle'))]).toEqual([...migrated]);
  },
);
