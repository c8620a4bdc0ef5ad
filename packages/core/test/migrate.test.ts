import { readdirSync } from 'node:fs';
import { connect, migrate, type Sql } from '@currents/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from './database.js';

const migrations = readdirSync(new URL('../migrations/', import.meta.url)).filter((name) => name.endsWith('.sql'));

describe('migrations', () => {
  let database: TestDatabase;
  let sql: Sql;
  beforeAll(async () => {
    database = await createTestDatabase();
    sql = connect(database.url, { max: 2, name: 'test' });
    // An empty database, like that of a new installation.
    for (const { name } of await sql<
      { name: string }[]
    >`select nspname as name from pg_namespace where nspname !~ '^(pg_|information_schema)'`) {
      await sql`drop schema ${sql(name)} cascade`;
    }
    await sql`create schema public`;
  });
  afterAll(async () => {
    await sql.end();
    await database.drop();
  });
  const applied = async () => (await sql<{ n: number }[]>`select count(*)::int as n from migration`)[0]?.n;

  it('are applied once each when six processes start together', async () => {
    await Promise.all(Array.from({ length: 6 }, () => migrate(database.url)));
    expect(await applied()).toBe(migrations.length);
  });

  it('wait while another process migrates', async () => {
    const other = connect(database.url, { max: 1, name: 'other' });
    await other`select pg_advisory_lock(7305127)`;
    let done = false;
    const late = migrate(database.url).then(() => (done = true));
    await expect
      .poll(
        async () =>
          (
            await sql<
              { n: number }[]
            >`select count(*)::int as n from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`
          )[0]?.n,
      )
      .toBe(1);
    expect(done).toBe(false);
    await other.end();
    expect(await late).toBe(true);
  });

  it('change nothing when all are applied', async () => {
    await migrate(database.url);
    expect(await applied()).toBe(migrations.length);
  });

  it('release their lock and close their connection', async () => {
    const locks = await sql`
      select from pg_locks
      where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`;
    expect(locks.count).toBe(0);
    await expect
      .poll(
        async () =>
          (
            await sql`select from pg_stat_activity where application_name = 'currents-migrate' and datname = current_database()`
          ).count,
      )
      .toBe(0);
  });
});
