import { runMigrations as runQueueMigrations } from 'bullmq';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as runMigrations } from 'drizzle-orm/postgres-js/migrator';
import { queueSchema } from './queueSchema.js';
import { advisoryLocks } from './advisoryLocks.js';
import { connect } from './connect.js';
import { databaseFailure } from './databaseFailure.js';
import { migrationsFolder } from './migrationsFolder.js';
import { pgConfig } from './pgClient.js';
import { refuseTransactionPooling } from './refuseTransactionPooling.js';

/** How many days ahead of today there is always somewhere to store. */
export const daysAhead = 3;

/** Brings the database up to date. Any number of processes may call it at once: one works, the others wait. Throws `DatabaseUnusable`. */
export async function migrate(databaseUrl: string): Promise<void> {
  const sql = connect(databaseUrl, { max: 1, name: 'migrate', statementMs: 0 });
  try {
    await sql`select`;
    await refuseTransactionPooling(databaseUrl);
    await sql`select pg_advisory_lock(${advisoryLocks.migration})`;
    await runMigrations(drizzle(sql), { migrationsFolder, migrationsSchema: 'public', migrationsTable: 'migration' });
    await sql`select ensure_partitions(${daysAhead}::int)`;
    await migrateQueue(databaseUrl);
  } catch (error) {
    throw databaseFailure(error) ?? error;
  } finally {
    await sql.end();
  }
}

/** BullMQ does not bring its tables up to date by itself when it connects. */
async function migrateQueue(databaseUrl: string): Promise<void> {
  const { Client, ...config } = pgConfig(databaseUrl, { name: 'migrate', settings: { statement_timeout: 0 } });
  const client = new Client(config);
  await client.connect();
  try {
    await runQueueMigrations(client, queueSchema);
  } finally {
    await client.end();
  }
}
