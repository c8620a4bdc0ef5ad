import { randomInt } from 'node:crypto';
import type { Logger } from 'pino';
import { connect, type Sql } from './db/connect.js';

/** Half of an advisory lock's key; the other half is the worker's id. */
const lockClass = 7305129;
/** Leases of one worker are the numbers from `id * perWorker`. */
const perWorker = 2 ** 32;

const againMs = 1_000;

/**
 * That a worker is alive, told by a lock that its connection holds: should the process die, however suddenly, Postgres
 * lets go of the lock at once, and others may take over its leases without waiting for them to run out.
 */
export interface Presence {
  /** A lease that is this worker's and unique. */
  newLease(): string;
  stop(): Promise<void>;
}

export async function announce(databaseUrl: string, log: Logger): Promise<Presence> {
  const id = randomInt(1, 2 ** 31 - 1);
  let leases = 0;
  let stopped = false;
  const sql = connect(databaseUrl, {
    max: 1,
    name: 'presence',
    keep: true,
    onClose: holdSoon,
  });
  let soon: NodeJS.Timeout | undefined;

  /** One try at a time, however many connections have just failed. */
  function holdSoon(): void {
    if (stopped) return;
    soon ??= setTimeout(() => {
      soon = undefined;
      void hold();
    }, againMs).unref();
  }

  async function hold(): Promise<void> {
    try {
      await sql`select pg_advisory_lock(${lockClass}::int, ${id}::int)`;
      await sql`insert into worker (id) values (${id}) on conflict do nothing`;
    } catch (error) {
      if (stopped) return;
      log.warn({ event: 'presence.error', err: error }, 'this worker cannot be seen by others for now; they may take over its leases');
      holdSoon();
    }
  }

  await hold();
  return {
    newLease: () => (BigInt(id) * BigInt(perWorker) + BigInt(leases++ % perWorker)).toString(),
    async stop() {
      stopped = true;
      clearTimeout(soon);
      await sql`delete from worker where id = ${id}`.catch(() => undefined);
      await sql.end({ timeout: 5 });
    },
  };
}

/** Gives back the leases of workers that have died. Answers how many deliveries and steps of pulls are due again. */
export async function releaseDead(sql: Sql): Promise<number> {
  const dead = await sql<{ id: number }[]>`
    select id from worker w
    where started_at < now() - interval '1 second' and not exists (
      select from pg_locks l where l.locktype = 'advisory' and l.classid = ${lockClass}::int::oid and l.objid = w.id::oid
        and l.database = (select oid from pg_database where datname = current_database()))`;
  let released = 0;
  for (const { id } of dead) {
    const first = BigInt(id) * BigInt(perWorker);
    const [from, to] = [first.toString(), (first + BigInt(perWorker) - 1n).toString()];
    const rows = await sql`
      update delivery set due_at = now(), lease = null
      where pending > 0 and lease between ${from}::bigint and ${to}::bigint
      returning id`;
    const pulls = await sql`
      update cohort_pull set due_at = now(), lease = null where lease between ${from}::bigint and ${to}::bigint returning cohort_id`;
    await sql`delete from worker where id = ${id}`;
    released += rows.length + pulls.length;
  }
  return released;
}
