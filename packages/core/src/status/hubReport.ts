import { advisoryLocks } from '../db/advisoryLocks.js';
import type { Sql } from '../db/connect.js';
import { readDiskRoom, type DiskRoom } from '../db/diskRoom.js';
import type { QueueDepth } from '../queue.js';
import type { ShownSetting } from '../process/shownSettings.js';
import { version } from '../process/version.js';
import { createCachedRead } from './cachedRead.js';

/** A worker that has started and not ended cleanly. */
export interface WorkerReport {
  readonly id: number;
  readonly startedAt: Date;
  /** Whether it holds its lock, which Postgres frees when the process dies. */
  readonly isAlive: boolean;
  /** Null of a worker whose release does not tell it. */
  readonly version: string | null;
  readonly settings: readonly ShownSetting[] | null;
  /** Currents that it delivers now. */
  readonly currentCount: number;
}

/** A table with its partitions, indexes and large values. */
export interface TableReport {
  readonly name: string;
  readonly byteCount: number;
  readonly partitionCount: number;
  /** The days of the first and the last partition; null where it has none by day. */
  readonly oldestDay: string | null;
  readonly newestDay: string | null;
}

export interface DatabaseReport extends DiskRoom {
  readonly serverVersion: string;
  /** The largest first. */
  readonly tables: readonly TableReport[];
}

/** What the hub consists of now. What did not answer in time is undefined. */
export interface HubReport {
  readonly version: string;
  readonly startedAt: Date;
  readonly settings: readonly ShownSetting[];
  readonly queueBackend: 'postgres' | 'redis';
  readonly queue: QueueDepth | undefined;
  readonly workers: readonly WorkerReport[] | undefined;
  readonly database: DatabaseReport | undefined;
}

interface HubReportOptions {
  readonly sql: Sql;
  readonly databaseUrl: string;
  readonly settings: readonly ShownSetting[];
  readonly queueBackend: HubReport['queueBackend'];
  readonly queueDepth: () => Promise<QueueDepth | undefined>;
}

export type HubReporter = ReturnType<typeof createHubReporter>;

const maxWaitMs = 3_000;
const maxAgeMs = 2_000;
/** Sizes change slowly, and each takes a look at the disk. */
const sizesMaxAgeMs = 30_000;

/** Reads what the hub consists of, for callers of any number and rate. */
export function createHubReporter({ sql, databaseUrl, settings, queueBackend, queueDepth }: HubReportOptions) {
  const startedAt = new Date();
  const workers = createCachedRead(() => readWorkers(sql), maxWaitMs);
  const database = createCachedRead(() => readDatabase(sql, databaseUrl), maxWaitMs);
  const queue = createCachedRead(queueDepth, maxWaitMs);
  return {
    async read(): Promise<HubReport> {
      const [live, sizes, depth] = await Promise.all([workers(maxAgeMs), database(sizesMaxAgeMs), queue(maxAgeMs)]);
      return {
        version,
        startedAt,
        settings,
        queueBackend,
        queue: depth.value,
        workers: live.value,
        database: sizes.value,
      };
    },
  };
}

/** More are not listed: a row is left behind only by a worker that has died, until another one sees it. */
const maxWorkers = 200;

function readWorkers(sql: Sql): Promise<readonly WorkerReport[]> {
  return sql<WorkerReport[]>`
    select w.id, w.started_at as "startedAt", w.version, w.settings,
      (select count(*)::int from current_owner o where o.worker_id = w.id) as "currentCount", exists (
        select from pg_locks l where l.locktype = 'advisory' and l.classid = ${advisoryLocks.workerLease}::int::oid and l.objid = w.id::oid
          and l.granted and l.database = (select oid from pg_database where datname = current_database())) as "isAlive"
    from worker_lease w order by w.started_at desc, w.id limit ${maxWorkers}`;
}

/** Tables listed one by one; partitions are part of theirs, and the tables of sets of members are one. */
const maxTables = 200;

async function readDatabase(sql: Sql, databaseUrl: string): Promise<DatabaseReport> {
  const [server] = await sql<{ serverVersion: string }[]>`select current_setting('server_version') as "serverVersion"`;
  const tables = await sql<TableReport[]>`
    with leaf as (
      select c.oid, c.relname, p.relname as parent, n.nspname
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
        left join pg_inherits i on i.inhrelid = c.oid left join pg_class p on p.oid = i.inhparent
      where c.relkind = 'r' and n.nspname in ('public', 'bullmq')
    ), named as (
      select case when nspname = 'bullmq' then 'bullmq'
          when relname ~ '^member_set_[0-9]+$' then 'member_set'
          else coalesce(parent, relname) end as name,
        pg_total_relation_size(oid) as bytes, parent is not null as is_partition,
        case when parent is not null then substring(relname from '[0-9]{8}$') end as day
      from leaf
    )
    select name, sum(bytes)::float8 as "byteCount", (count(*) filter (where is_partition))::int as "partitionCount",
      to_char(to_date(min(day), 'YYYYMMDD'), 'YYYY-MM-DD') as "oldestDay",
      to_char(to_date(max(day), 'YYYYMMDD'), 'YYYY-MM-DD') as "newestDay"
    from named group by name order by sum(bytes) desc, name limit ${maxTables}`;
  return { ...(await readDiskRoom(sql, databaseUrl)), serverVersion: server?.serverVersion ?? '', tables };
}
