import { connect, migrate, type Sql } from '@currents/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from './database.js';

let database: TestDatabase;
let sql: Sql;
beforeAll(async () => {
  database = await createTestDatabase();
  await migrate(database.url);
  sql = connect(database.url, { max: 2, name: 'test' });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

const parents = async (): Promise<readonly string[]> =>
  (
    await sql<{ name: string }[]>`
      select c.relname as name from pg_partitioned_table p join pg_class c on c.oid = p.partrelid
      where c.relnamespace = 'public'::regnamespace order by 1`
  ).map(({ name }) => name);
const partitions = async (): Promise<number> =>
  (
    await sql<{ count: number }[]>`select count(*)::int as count from pg_inherits where inhparent = 'batch'::regclass`
  )[0]?.count as number;

it('are made while a backup reads and the ingest writes, and hold neither up', async () => {
  const before = await partitions();
  const reader = connect(database.url, { max: 1, name: 'backup' });
  const writer = connect(database.url, { max: 1, name: 'ingest' });
  let letGo = (): void => undefined;
  const isHeld = new Promise<void>((resolve) => (letGo = resolve));
  const hold = (held: Sql, mode: 'access share' | 'row exclusive') =>
    held.begin(async (tx) => {
      for (const parent of await parents()) await tx.unsafe(`lock table ${parent} in ${mode} mode`);
      await isHeld;
    });
  const holds = Promise.all([hold(reader, 'access share'), hold(writer, 'row exclusive')]);
  try {
    await expect
      .poll(
        async () =>
          (
            await sql<{ count: number }[]>`
              select count(*)::int as count from pg_locks
              where relation = 'fingerprint_block'::regclass and mode in ('AccessShareLock', 'RowExclusiveLock')`
          )[0]?.count,
      )
      .toBe(2);
    await sql.begin(async (tx) => {
      await tx`set local lock_timeout = '2s'`;
      await tx`select ensure_partitions(5)`;
      // The new partitions are not committed yet: what is stored meanwhile does not wait for them.
      await sql`insert into request (hash, stored_on, accepted) values ('\\x01', current_date, 1)`;
    });
  } finally {
    letGo();
    await holds;
    await Promise.all([reader.end(), writer.end()]);
  }
  expect(await partitions()).toBe(before + 2);
});

it('have the columns, the storage, the constraints and the indexes of their parents', async () => {
  await sql`select ensure_partitions(4)`;
  for (const parent of await parents()) {
    const [part] = await sql<{ name: string }[]>`
      select ${parent} || '_' || to_char(current_date + 4, 'YYYYMMDD') as name`;
    const describe = async (table: string) => ({
      columns: await sql`
        select a.attname, format_type(a.atttypid, a.atttypmod) as type, a.attnotnull, a.attstorage, a.attcollation,
          a.attcompression, pg_get_expr(d.adbin, d.adrelid) as default
        from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where a.attrelid = ${table}::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum`,
      checks: await sql`
        select pg_get_constraintdef(oid) as definition from pg_constraint
        where conrelid = ${table}::regclass and contype in ('c', 'p', 'u') order by 1`,
      indexes: await sql`
        select i.indisprimary, i.indisunique, i.indisvalid, regexp_replace(pg_get_indexdef(i.indexrelid), '^.* USING ', '') as definition
        from pg_index i where i.indrelid = ${table}::regclass order by 4`,
    });
    expect(await describe(part?.name ?? ''), parent).toEqual(await describe(parent));
  }
});
