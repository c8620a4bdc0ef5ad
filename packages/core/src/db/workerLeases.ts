import { createHash, randomInt } from 'node:crypto';
import type { Logger } from 'pino';
import { advisoryLocks } from './advisoryLocks.js';
import { connect, type Sql } from './connect.js';

/** Leases of one worker are the numbers from `id * perWorker`. */
const perWorker = 2 ** 32;

const reconnectMs = 1_000;

/** What a worker runs, for admins to see. */
interface WorkerRelease {
  readonly version?: string;
  /** Without secrets. */
  readonly settings?: readonly object[];
}

export type WorkerLeases = Awaited<ReturnType<typeof openWorkerLeases>>;

/**
 * The leases of one worker process. Its heartbeat is an advisory lock held by a connection: when the process dies,
 * however suddenly, Postgres releases the lock at once, and others take over its leases before they expire.
 */
export async function openWorkerLeases(databaseUrl: string, log: Logger, { version, settings }: WorkerRelease = {}) {
  const id = randomInt(1, 2 ** 31 - 1);
  let leases = 0;
  let others: readonly number[] = [];
  let stopped = false;
  const sql = connect(databaseUrl, { max: 1, name: 'worker-lease', keep: true, onClose: lockSoon });
  let timer: NodeJS.Timeout | undefined;

  /** One try at a time, however many connections have just failed. */
  function lockSoon(): void {
    if (stopped) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      void lock();
    }, reconnectMs).unref();
  }

  async function lock(): Promise<void> {
    try {
      await sql`select pg_advisory_lock(${advisoryLocks.workerLease}::int, ${id}::int)`;
      await sql`
        insert into worker_lease (id, version, settings) values (${id}, ${version ?? null}, ${settings ? sql.json(settings as never) : null})
        on conflict do nothing`;
    } catch (error) {
      if (stopped) return;
      log.warn(
        { event: 'worker_lease.failed', err: error },
        'the heartbeat of this worker is interrupted; other workers may take over its leases',
      );
      lockSoon();
    }
  }

  /** Sets the list of live workers, as `releaseDeadLeases` returns it. */
  function updateLive(live: readonly number[]): void {
    others = live.filter((other) => other !== id);
  }

  await lock();
  await listWorkers(sql).then(
    ({ live }) => updateLive(live),
    () => undefined,
  );
  return {
    id,
    /** Whether other workers are alive. */
    hasOthers: () => others.length > 0,
    /** Whether this is the worker that should deliver a Current, of all that are alive; see `rank`. */
    isPreferred: (currentId: number) => others.every((other) => rank(id, currentId) > rank(other, currentId)),
    updateLive,
    /** Returns a lease that is unique and belongs to this worker. */
    newLease: () => (BigInt(id) * BigInt(perWorker) + BigInt(leases++ % perWorker)).toString(),
    async stop() {
      stopped = true;
      clearTimeout(timer);
      // No attempt knows of a claim whose answer was lost. Were it left to the end of its lease, the next owner would send
      // later events of its users first.
      await endLeases(sql, id).catch(() => undefined);
      await sql.end({ timeout: 5 });
    },
  };
}

/**
 * Rendezvous hashing (Thaler and Ravishankar, 1998): the worker with the highest rank gets the Current, so Currents are
 * shared evenly, and few of them move when a worker starts or ends.
 */
function rank(workerId: number, currentId: number): number {
  return createHash('sha256').update(`${workerId} ${currentId}`).digest().readUInt32BE();
}

async function listWorkers(sql: Sql) {
  const rows = await sql<{ id: number; alive: boolean; young: boolean }[]>`
    select w.id, w.started_at >= now() - interval '1 second' as young, exists (
      select from pg_locks l where l.locktype = 'advisory' and l.classid = ${advisoryLocks.workerLease}::int::oid and l.objid = w.id::oid
        and l.database = (select oid from pg_database where datname = current_database())) as alive
    from worker_lease w`;
  return {
    live: rows.filter(({ alive }) => alive).map(({ id }) => id),
    dead: rows.filter(({ alive, young }) => !alive && !young).map(({ id }) => id),
  };
}

/** How many workers are alive now. */
export async function countLiveWorkers(sql: Sql): Promise<number> {
  return (await listWorkers(sql)).live.length;
}

/** Releases the leases of dead workers. Returns how many deliveries, pull steps and segment syncs are due again, and the live workers. */
export async function releaseDeadLeases(sql: Sql) {
  const { live, dead } = await listWorkers(sql);
  let released = 0;
  for (const id of dead) released += await endLeases(sql, id);
  return { released, live };
}

/** Gives back what is leased to a worker, and then forgets the worker, so that another one may own its Currents. */
async function endLeases(sql: Sql, workerId: number): Promise<number> {
  const first = BigInt(workerId) * BigInt(perWorker);
  const [from, to] = [first.toString(), (first + BigInt(perWorker) - 1n).toString()];
  const rows = await sql`
    update delivery set due_at = stored_at, lease = null
    where pending > 0 and lease between ${from}::bigint and ${to}::bigint
    returning id`;
  const pulls = await sql`
    update cohort_pull set due_at = now(), lease = null where lease between ${from}::bigint and ${to}::bigint returning cohort_id`;
  const syncs = await sql`
    update segment_sync set lease = null, leased_until = null where lease between ${from}::bigint and ${to}::bigint returning id`;
  await sql`delete from worker_lease where id = ${workerId}`;
  return rows.length + pulls.length + syncs.length;
}
