import { advisoryLocks } from '../db/advisoryLocks.js';
import type { Sql } from '../db/connect.js';

/** How many workers are alive: those whose advisory lock is held. */
export async function countLiveWorkers(sql: Sql): Promise<number> {
  const [row] = await sql<{ n: number }[]>`
    select count(*)::int as n from worker_lease w where exists (
      select from pg_locks l where l.locktype = 'advisory' and l.classid = ${advisoryLocks.workerLease}::int::oid and l.objid = w.id::oid
        and l.database = (select oid from pg_database where datname = current_database()))`;
  return row?.n ?? 0;
}
