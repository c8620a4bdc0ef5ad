import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type Sql } from '../db/connect.js';
import { parseDatabaseUrl } from '../db/databaseUrl.js';
import { readDiskRoom } from '../db/diskRoom.js';
import { migrationsFolder } from '../db/migrationsFolder.js';
import { refuseTransactionPooling } from '../db/refuseTransactionPooling.js';
import { find, notChecked, notOk, ok, type Finding, type Seen } from './finding.js';

/** Partitioned tables as the hub uses them, and BullMQ's tables, need this version. */
const minVersion = 13;
/** Room for one api and one worker, each with up to 30 connections. */
const minFreeConnections = 60;
/** Leases and due times are compared between the clocks of the processes and of the database. */
const maxClockDifferenceMs = 2_000;
const minFreeBytes = 2 * 1024 ** 3;

/** All that the hub relies on in the database. Writes nothing. */
export async function* checkDatabase(databaseUrl: string): AsyncGenerator<Finding> {
  const sql = connect(databaseUrl, { max: 1, name: 'doctor', statementMs: 10_000 });
  try {
    const reached = await find('database', () => checkServer(sql, databaseUrl));
    yield reached;
    if (reached.status !== 'ok') return;
    yield find('sessions', () => checkSessions(databaseUrl));
    yield find('durability', () => checkDurability(sql));
    yield find('rights', () => checkRights(sql));
    yield find('tables', () => checkTables(sql));
    yield find('connections', () => checkConnections(sql));
    yield find('clock', () => checkClock(sql));
    yield find('disk', () => checkDisk(sql, databaseUrl));
  } finally {
    await sql.end();
  }
}

async function checkServer(sql: Sql, databaseUrl: string): Promise<Seen> {
  const [server] = await sql<
    { version: string; number: number; encoding: string; isReadOnly: boolean; tls: boolean }[]
  >`
    select current_setting('server_version') as version, current_setting('server_version_num')::int as number,
      current_setting('server_encoding') as encoding, current_setting('transaction_read_only') = 'on' as "isReadOnly",
      coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false) as tls`;
  const { version = '', number = 0, encoding = '', isReadOnly, tls } = server ?? {};
  if (number < minVersion * 10_000)
    return notOk(`expected PostgreSQL ${minVersion} or newer, got ${version}; upgrade the server`);
  if (encoding !== 'UTF8')
    return notOk(`expected a database in UTF8, got ${encoding}; create one with: create database … encoding 'UTF8'`);
  if (isReadOnly)
    return notOk(
      'it is read-only, as a standby is; set DATABASE_URL to the primary, or switch the database to writable',
    );
  const { host, port, database, sslMode } = parseDatabaseUrl(databaseUrl);
  const tlsUsed = tls ? `with TLS (sslmode=${sslMode})` : 'without TLS';
  return ok(`PostgreSQL ${version}, ${database} at ${host}:${port}, ${tlsUsed}`);
}

async function checkSessions(databaseUrl: string): Promise<Seen> {
  await refuseTransactionPooling(databaseUrl);
  return ok('each connection has a session of its own');
}

/** What is acknowledged to a sender has to survive a crash of the server. */
async function checkDurability(sql: Sql): Promise<Seen> {
  const off = await sql<{ name: string }[]>`
    select name from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off'`;
  if (off.length === 0) return ok('what is committed survives a crash of the server');
  const names = off.map(({ name }) => name).join(', ');
  return notOk(`accepted events can be lost in a crash; set to on in the server's configuration: ${names}`);
}

async function checkRights(sql: Sql): Promise<Seen> {
  const [rights] = await sql<{ user: string; schema: string | null; canCreate: boolean; foreign: number }[]>`
    select current_user as user, current_schema as schema,
      coalesce(has_schema_privilege(current_schema, 'create'), false)
        and (to_regnamespace('bullmq') is not null or has_database_privilege(current_database(), 'create')) as "canCreate",
      (select count(*)::int from pg_class
        where relnamespace = to_regnamespace(current_schema) and relkind in ('r', 'p') and not pg_has_role(relowner, 'usage')
          and exists (select from pg_class where relname = 'migration')) as foreign`;
  const { user = '', schema, canCreate = false, foreign = 0 } = rights ?? {};
  if (schema == null || !canCreate)
    return notOk(
      `${user} may not create tables and schemas here; make it the owner: alter database … owner to ${user}`,
    );
  if (foreign > 0)
    return notOk(
      `${foreign} tables belong to another role, so upgrades would fail; run: reassign owned by … to ${user}`,
    );
  return ok(`${user} may create and change the hub's tables`);
}

async function checkTables(sql: Sql): Promise<Seen> {
  const { entries } = JSON.parse(readFileSync(join(migrationsFolder, 'meta/_journal.json'), 'utf8')) as {
    readonly entries: readonly unknown[];
  };
  const [table] = await sql<{ exists: boolean }[]>`select to_regclass('public.migration') is not null as exists`;
  if (!table?.exists) return ok('none yet: the first start makes them');
  const [applied] = await sql<{ count: number }[]>`select count(*)::int as count from public.migration`;
  const count = applied?.count ?? 0;
  if (count > entries.length)
    return notOk(
      'a later release of the hub has changed the tables; start that release, or restore a backup from before',
    );
  const next = entries.length - count;
  return ok(
    next === 0 ? 'those of this release' : `of an earlier release: the next start changes them (${next} steps)`,
  );
}

async function checkConnections(sql: Sql): Promise<Seen> {
  const [counts] = await sql<{ max: number; others: number }[]>`
    select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as max,
      count(*) filter (where application_name not like 'currents-%')::int as others
    from pg_stat_activity where backend_type = 'client backend'`;
  const { max = 0, others = 0 } = counts ?? {};
  const detail = `${max - others} of ${max} are left for the hub`;
  return max - others >= minFreeConnections
    ? ok(detail)
    : notOk(`${detail}, and an api and a worker may use 30 each; raise max_connections, or end other clients`);
}

async function checkClock(sql: Sql): Promise<Seen> {
  const beforeMs = Date.now();
  const [clock] = await sql<{ ms: number }[]>`select extract(epoch from clock_timestamp())::float8 * 1000 as ms`;
  const differenceMs = Math.round((clock?.ms ?? 0) - (beforeMs + Date.now()) / 2);
  const detail = `the database's clock is ${Math.abs(differenceMs)} ms ${differenceMs < 0 ? 'behind' : 'ahead of'} this machine's`;
  return Math.abs(differenceMs) <= maxClockDifferenceMs ? ok(detail) : notOk(`${detail}; set both by NTP`);
}

async function checkDisk(sql: Sql, databaseUrl: string): Promise<Seen> {
  const { databaseBytes, freeBytes: free } = await readDiskRoom(sql, databaseUrl);
  const size = `the database takes ${megabytes(databaseBytes)}`;
  if (free === undefined) return notChecked(`the server's disk cannot be seen from here; ${size}`);
  const detail = `${megabytes(free)} are free, and ${size}`;
  return free >= minFreeBytes ? ok(detail) : notOk(`${detail}; make room, or lower RETENTION_DAYS`);
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1024 ** 2).toLocaleString('en')} MB`;
