import { connect, type Sql } from './connect.js';
import { DatabaseUnusable } from './databaseFailure.js';

/** How often both are asked: other clients of the pooler may part them by chance. */
const rounds = 4;

/**
 * Throws `DatabaseUnusable` where a pooler gives each transaction another connection to the server, as PgBouncer does
 * in its transaction and statement modes: locks, notifications, prepared statements and settings of a session are lost there.
 */
export async function refuseTransactionPooling(databaseUrl: string): Promise<void> {
  const one = connect(databaseUrl, { max: 1, name: 'pooling-check' });
  const other = connect(databaseUrl, { max: 1, name: 'pooling-check' });
  try {
    const [own, others] = [new Set<number>(), new Set<number>()];
    for (let round = 0; round < rounds; round++) {
      own.add(await serverOf(one));
      others.add(await serverOf(other));
    }
    // A session has a server process to itself. A pooler uses one that is free, so the two meet in the same one.
    if (own.size > 1 || others.size > 1 || [...own].some((id) => others.has(id))) throw new DatabaseUnusable(refusal);
  } finally {
    await Promise.all([one.end(), other.end()]);
  }
}

const refusal =
  'DATABASE_URL leads to a pooler that gives each transaction another connection, and the hub needs sessions; set its ' +
  'pool_mode to session, or DATABASE_URL to the server itself';

/** The id of the server process that answers. Without a prepared statement, which could be another server's. */
async function serverOf(sql: Sql): Promise<number> {
  const [row] = await sql.unsafe<{ id: number }[]>('select pg_backend_pid() as id');
  return row?.id ?? 0;
}
