import type { Sql } from '../db/connect.js';
import { countLiveWorkers } from '../db/workerLeases.js';
import { notChecked, ok, type Seen } from './finding.js';

/** Whether any worker is alive, on whatever machine: each holds a lock in the database. */
export async function checkWorkers(sql: Sql | undefined): Promise<Seen> {
  if (sql === undefined) return notChecked('the database is not usable');
  const [table] = await sql<{ exists: boolean }[]>`select to_regclass('worker_lease') is not null as exists`;
  const count = table?.exists ? await countLiveWorkers(sql) : 0;
  if (count === 0) return notChecked('none is alive: nothing is delivered before one is started');
  return ok(count === 1 ? '1 is alive' : `${count} are alive`);
}
