import { connect } from '@currents/core';
import { expect, it } from 'vitest';
import { storedData } from '../../src/privacy/storedData.js';
import { createTestDatabase } from '../database.js';
import { columnsOf } from './traces.js';

it('every table and column that can hold a text says whether a deletion of a user concerns it', async () => {
  const database = await createTestDatabase();
  const sql = connect(database.url, { max: 1, name: 'test' });
  try {
    const columns = await columnsOf(sql);
    const tables = await sql<{ table: string }[]>`
      select relname as table from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
        and not relispartition and relname <> 'migration' order by 1`;
    expect(columns.length).toBeGreaterThan(100);
    expect(Object.keys(storedData).sort()).toEqual(tables.map(({ table }) => table).sort());
    const known = Object.entries(storedData).flatMap(([table, each]) =>
      Object.keys(each).map((name) => `${table}.${name}`),
    );
    expect(known.sort()).toEqual(columns.map(({ table, column }) => `${table}.${column}`).sort());
  } finally {
    await sql.end();
    await database.drop();
  }
});
