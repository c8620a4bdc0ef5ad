import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import postgres from 'postgres';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import { startPostgres, type PostgresOptions, type RunningServer } from '../../src/services/postgres.js';
import { findProcess } from '../../src/services/processes.js';
import { prepareElsewhere } from './startElsewhere.js';

const isRoot = process.getuid?.() === 0;
const folder = mkdtempSync(join(tmpdir(), 'currents-services-'));
// mkdtemp creates it with mode 0700, which excludes the server's account when root runs the tests.
chmodSync(folder, 0o755);
const startElsewhere = await prepareElsewhere();
const started: RunningServer[] = [];

afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function start(options: PostgresOptions = {}): Promise<RunningServer> {
  const server = await startPostgres({ durable: false, ...options });
  started.push(server);
  return server;
}

/** A data directory with a new database: a copy, because creation takes a second. */
async function prepareDataDir(name: string): Promise<string> {
  const seed = join(folder, 'seed');
  if (!existsSync(seed)) await (await start({ dataDir: seed })).stop();
  const dataDir = join(folder, name);
  execFileSync('cp', ['-a', seed, dataDir]);
  return dataDir;
}

async function ask(url: string, query: string): Promise<unknown> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    const [row] = await sql.unsafe(query);
    return row && Object.values(row)[0];
  } finally {
    await sql.end();
  }
}

async function serverIdOf(url: string): Promise<number> {
  const cluster = String(await ask(url, 'show data_directory'));
  return Number.parseInt(readFileSync(join(cluster, 'postmaster.pid'), 'utf8'), 10);
}

it('a server listens only on 127.0.0.1, uses UTF8 and the C locale, and requires its password', async () => {
  const { url } = await start();
  expect(new URL(url).hostname).toBe('127.0.0.1');
  expect(await ask(url, 'show listen_addresses')).toBe('127.0.0.1');
  expect(await ask(url, 'show unix_socket_directories')).toBe('');
  expect(await ask(url, 'show server_encoding')).toBe('UTF8');
  expect(await ask(url, 'select datcollate from pg_database where datname = current_database()')).toBe('C');
  const stranger = new URL(url);
  stranger.password = 'wrong';
  await expect(ask(stranger.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
});

it('a server removes its temporary database, even when it is stopped several times', async () => {
  const server = await start();
  const cluster = String(await ask(server.url, 'show data_directory'));
  const id = await serverIdOf(server.url);
  await Promise.all([server.stop(), server.stop()]);
  await server.stop();
  expect(findProcess(id)).toBeUndefined();
  expect(existsSync(join(cluster, '..'))).toBe(false);
});

it('a server stops while clients are connected', async () => {
  const server = await start();
  const sql = postgres(server.url, { max: 1, onnotice: () => undefined, onclose: () => undefined });
  const busy = sql`select pg_sleep(60)`.then(
    () => 'answered',
    () => 'cut off',
  );
  await vi.waitFor(async () =>
    expect(await ask(server.url, `select 1 from pg_stat_activity where query ~ 'pg_sleep\\(60'`)).toBe(1),
  );
  await server.stop();
  expect(await busy).toBe('cut off');
  await sql.end({ timeout: 0 });
});

it('a server with a data directory keeps its data and password across restarts', async () => {
  const dataDir = join(folder, 'kept/as/asked');
  const first = await start({ dataDir, durable: true });
  await ask(first.url, `create table notes as select 'still here' as note`);
  await first.stop();
  const second = await start({ dataDir, durable: true });
  expect(await ask(second.url, 'select note from notes')).toBe('still here');
  expect(new URL(second.url).password).toBe(new URL(first.url).password);
  expect(statSync(join(dataDir, 'password')).mode & 0o777).toBe(0o600);
  expect(statSync(join(dataDir, 'cluster')).mode & 0o777).toBe(0o700);
  expect(await ask(second.url, 'show fsync')).toBe('on');
});

it('a server uses the given port, and reports when that port is in use', async () => {
  const first = await start();
  const port = Number(new URL(first.url).port);
  await expect(start({ port })).rejects.toThrow(
    new RegExp(`did not start on 127.0.0.1:${port}: [^]*Address already in use`),
  );
  await first.stop();
  const second = await start({ port });
  expect(new URL(second.url).port).toBe(`${port}`);
});

it('a data directory in use is refused with the id of its process, which keeps running', async () => {
  const dataDir = await prepareDataDir('in-use');
  const other = await startElsewhere('postgres', dataDir);
  await expect(start({ dataDir })).rejects.toThrow(`in use by process ${other.process.pid}`);
  expect(await ask(other.url, 'select 1')).toBe(1);
  await other.kill();
});

it('a server ends and removes its temporary data when the process that started it is killed', async () => {
  const other = await startElsewhere('postgres');
  const cluster = String(await ask(other.url, 'show data_directory'));
  const id = await serverIdOf(other.url);
  await other.kill();
  await vi.waitFor(() => expect(findProcess(id)).toBeUndefined(), 15_000);
  await vi.waitFor(() => expect(existsSync(join(cluster, '..'))).toBe(false), 15_000);
});

it.runIf(process.platform === 'linux')('a new server replaces one whose watchdog has been killed', async () => {
  const dataDir = await prepareDataDir('orphan');
  const other = await startElsewhere('postgres', dataDir);
  await ask(other.url, `create table notes as select 'from before' as note`);
  const id = await serverIdOf(other.url);
  for (const watchdog of findWatchdogs(id)) process.kill(watchdog, 'SIGKILL');
  await other.kill();
  expect(findProcess(id)).toBeDefined();
  const { url } = await start({ dataDir });
  expect(findProcess(id)).toBeUndefined();
  expect(await ask(url, 'select note from notes')).toBe('from before');
});

it('a server starts on the data of a killed one', async () => {
  const dataDir = await prepareDataDir('crashed');
  const first = await start({ dataDir, durable: true });
  await ask(first.url, `create table notes as select 'committed' as note`);
  const id = await serverIdOf(first.url);
  process.kill(id, 'SIGKILL');
  await vi.waitFor(() => expect(findProcess(id)).toBeUndefined(), 15_000);
  const second = await start({ dataDir });
  expect(await ask(second.url, 'select note from notes')).toBe('committed');
});

it('a server replaces a database whose creation was interrupted', async () => {
  const dataDir = await prepareDataDir('cut-short');
  rmSync(join(dataDir, 'cluster/global'), { recursive: true });
  // The name during creation.
  renameSync(join(dataDir, 'cluster'), join(dataDir, 'cluster.new'));
  const { url } = await start({ dataDir });
  expect(await ask(url, 'select 1')).toBe(1);
});

it.runIf(isRoot)('a server started by root works below a directory that only root can enter', async () => {
  const closed = mkdtempSync(join(folder, 'closed-'));
  const dataDir = join(closed, 'data');
  const first = await start({ dataDir });
  await ask(first.url, `create table notes as select 'kept' as note`);
  await first.stop();
  const second = await start({ dataDir });
  expect(await ask(second.url, 'select note from notes')).toBe('kept');
  expect(statSync(closed).mode & 0o777).toBe(0o700);
  await second.stop();
  const elsewhere = readlinkSync(join(dataDir, 'cluster'));
  rmSync(elsewhere, { recursive: true });
  if (readdirSync(dirname(elsewhere)).length === 0) rmdirSync(dirname(elsewhere));
  await expect(start({ dataDir })).rejects.toThrow('which is gone');
});

function findWatchdogs(id: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => findProcess(candidate)?.command.includes(`currents-watchdog ${id} `));
}
