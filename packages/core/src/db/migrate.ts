import { fileURLToPath } from 'node:url';
import { runMigrations as runQueueMigrations } from 'bullmq';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as runMigrations } from 'drizzle-orm/postgres-js/migrator';
import pg from 'pg';
import { queueSchema } from '../queue.js';
import { advisoryLocks } from './advisoryLocks.js';
import { connect } from './connect.js';

const migrationsFolder = fileURLToPath(new URL('../../migrations', import.meta.url));

/** How many days ahead of today there is always somewhere to store. */
export const daysAhead = 3;

/** Says why by the code alone: the URL holds a password. */
export class DatabaseUnreachable extends Error {
  constructor(cause: unknown) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no reason given';
    super(
      `the database that DATABASE_URL names cannot be reached (${code}); see that it runs, and that host, port, name, user and password are right`,
      { cause },
    );
    this.name = 'DatabaseUnreachable';
  }
}

/** Brings the database up to date. Any number of processes may call it at once: one works, the others wait. Throws `DatabaseUnreachable`. */
export async function migrate(databaseUrl: string): Promise<void> {
  const sql = connect(databaseUrl, { max: 1, name: 'migrate', statementMs: 0 });
  try {
    await sql`select`.catch((error: unknown) => Promise.reject(new DatabaseUnreachable(error)));
    await sql`select pg_advisory_lock(${advisoryLocks.migration})`;
    await runMigrations(drizzle(sql), { migrationsFolder, migrationsSchema: 'public', migrationsTable: 'migration' });
    await sql`select ensure_partitions(${daysAhead}::int)`;
    await migrateQueue(databaseUrl);
  } finally {
    await sql.end();
  }
}

/** BullMQ does not bring its tables up to date by itself when it connects. */
async function migrateQueue(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await runQueueMigrations(client, queueSchema);
  } finally {
    await client.end();
  }
}
