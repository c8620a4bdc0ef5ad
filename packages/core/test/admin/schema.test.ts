import { connect } from '@currents/core';
import { getTableConfig } from 'drizzle-orm/pg-core';
import { expect, it } from 'vitest';
import { tables } from '../../src/db/schema.js';
import { createTestDatabase } from '../database.js';

it('the tables that the admin’s side queries are those that the migrations make', async () => {
  const database = await createTestDatabase();
  const sql = connect(database.url, { max: 1, name: 'test' });
  const names = Object.values(tables).map((table) => getTableConfig(table).name);
  const rows = await sql<{ table: string; column: string; type: string; required: boolean }[]>`
    select c.relname as table, a.attname as column, format_type(a.atttypid, null) as type, a.attnotnull as required
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relname in ${sql(names)} and c.relnamespace = 'public'::regnamespace and a.attnum > 0 and not a.attisdropped
    order by 1, 2`;
  const said = Object.values(tables).flatMap((table) => {
    const { name, columns } = getTableConfig(table);
    return columns.map((column) => ({
      table: name,
      column: column.name,
      type: column.getSQLType(),
      required: column.notNull || column.primary,
    }));
  });
  const order = (a: { table: string; column: string }, b: { table: string; column: string }) =>
    `${a.table} ${a.column}` < `${b.table} ${b.column}` ? -1 : 1;
  expect(said.sort(order)).toEqual([...rows].map((row) => ({ ...row })).sort(order));
  await sql.end();
  await database.drop();
});
