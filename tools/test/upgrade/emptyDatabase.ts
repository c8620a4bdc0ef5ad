import { connect, type Sql } from '@currents/core';
import { createTestDatabase, type TestDatabase } from '../endToEnd/database.js';

/** Creates a separate database without anything in it. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase();
  const sql = connect(database.url, { max: 1, name: 'empty' });
  try {
    await emptyDatabase(sql);
  } finally {
    await sql.end();
  }
  return database;
}

/** Drops all that is in a database, migrations included. */
export async function emptyDatabase(sql: Sql): Promise<void> {
  for (const { name } of await sql<
    { name: string }[]
  >`select nspname as name from pg_namespace where nspname !~ '^(pg_|information_schema)'`) {
    await sql`drop schema ${sql(name)} cascade`;
  }
  await sql`create schema public`;
}
