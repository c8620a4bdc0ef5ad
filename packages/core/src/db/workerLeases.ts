import { randomInt } from 'node:crypto';
import type { Logger } from 'pino';
import { connect, type Sql } from './connect.js';

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
  /**
   * How much of what all workers may do together is this one's. Together they keep to it, but for the moment in which a
   * worker has come and others have not looked since, or when there are more workers than shares: each has at least 1.
   */
  share(most: number): number;
  /** Told now and then who is alive. */
  saw(living: readonly number[]): void;
  stop(): Promise<void>;
}

export async function announce(databaseUrl: string, log: Logger): Promise<Presence> {
  const id = randomInt(1, 2 ** 31 - 1);
  let leases = 0;
  let among = { workers: 1, place: 0 };
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
      log.warn(
        { event: 'presence.error', err: error },
        'this worker cannot be seen by others for now; they may take over its leases',
      );
      holdSoon();
    }
  }

  function saw(living: readonly number[]): void {
    const others = living.filter((other) => other !== id);
    among = { workers: others.length + 1, place: others.filter((other) => other < id).length };
  }

  await hold();
  await census(sql).then(
    ({ living }) => saw(living),
    () => undefined,
  );
  return {
    share: (most) => shareOf(most, among),
    saw,
    newLease: () => (BigInt(id) * BigInt(perWorker) + BigInt(leases++ % perWorker)).toString(),
    async stop() {
      stopped = true;
      clearTimeout(soon);
      await sql`delete from worker where id = ${id}`.catch(() => undefined);
      await sql.end({ timeout: 5 });
    },
  };
}

/** An equal part for each; of what is left over, one for each of the first. At least 1. */
export function shareOf(
  most: number,
  { workers, place }: { readonly workers: number; readonly place: number },
): number {
  return Math.max(1, Math.floor((most + workers - 1 - place) / workers));
}

interface Census {
  readonly living: readonly number[];
  readonly dead: readonly number[];
}

async function census(sql: Sql): Promise<Census> {
  const rows = await sql<{ id: number; alive: boolean; young: boolean }[]>`
    select w.id, w.started_at >= now() - interval '1 second' as young, exists (
      select from pg_locks l where l.locktype = 'advisory' and l.classid = ${lockClass}::int::oid and l.objid = w.id::oid
        and l.database = (select oid from pg_database where datname = current_database())) as alive
    from worker w`;
  return {
    living: rows.filter(({ alive }) => alive).map(({ id }) => id),
    dead: rows.filter(({ alive, young }) => !alive && !young).map(({ id }) => id),
  };
}

/** Gives back the leases of workers that have died. Answers how many deliveries and steps of pulls are due again, and who is alive. */
export async function releaseDead(
  sql: Sql,
): Promise<{ readonly released: number; readonly living: readonly number[] }> {
  const { living, dead } = await census(sql);
  let released = 0;
  for (const id of dead) {
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
  return { released, living };
}
