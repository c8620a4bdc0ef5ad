import { chmod, mkdtemp, readFile, realpath, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import postgres from 'postgres';
import { openDirectory, reaches, serverAccount, type Account } from './account.js';
import { openCluster, serverUser } from './cluster.js';
import { findFreePort } from './ports.js';
import { findPostgresBinaries } from './postgresBinaries.js';
import { findProcess } from './processes.js';
import { claimCluster, clearWay, farewell } from './postmaster.js';
import { spawnServer, type SpawnedServer } from './spawnServer.js';

export interface PostgresOptions {
  /** The persistent data directory. Default: a temporary directory, removed at the end. */
  readonly dataDir?: string;
  /** Default: any free port. */
  readonly port?: number;
  /**
   * False for disposable data: a commit does not wait for the disk, and a crash may lose the last commits. Without
   * `dataDir`, they lie in memory where there is room.
   */
  readonly durable?: boolean;
}

export interface RunningServer {
  readonly url: string;
  /** Stops the server and waits until it has ended. May be called again. */
  stop(): Promise<void>;
}

export interface RunningPostgres extends RunningServer {
  /** Kills the server, as a crash would. Its data directory can be started again. */
  kill(): Promise<void>;
  /** Resolves when the server has ended, with how: `SIGKILL` or `exit code 1`, for example. */
  readonly ended: Promise<string>;
  /** What the server prints. */
  readonly logFile: string;
}

/**
 * Starts the Postgres from npm, only on 127.0.0.1, and resolves once it accepts queries.
 * The server ends with this process, even when this process is killed. Throws when the data directory is in use.
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<RunningPostgres> {
  const { durable = true } = options;
  const account = serverAccount();
  const { initdb, postgres: program } = await findPostgresBinaries(account);
  const temporaryDirectory = options.dataDir === undefined ? await makeTemporaryDirectory(account, durable) : undefined;
  const dataDir = resolve(temporaryDirectory ?? options.dataDir ?? '');
  try {
    const { folder, password } = await openCluster({ dataDir, initdb, account, durable });
    for (let tries = 1; ; tries += 1) {
      await clearWay(folder, dataDir);
      const port = options.port ?? (await findFreePort());
      const words = ['-D', folder, ...settings(port, durable)];
      const logFile = join(dataDir, 'server.log');
      const server = await spawnServer({ program, words, account, logFile, temporaryDirectory, farewell });
      await claimCluster(dataDir);
      if (await isReady(server, folder)) {
        const url = `postgres://${serverUser}:${password}@127.0.0.1:${port}/${serverUser}`;
        await createDatabase(url).catch(async (error: unknown) => {
          await server.stop();
          throw error;
        });
        return { url, ended: server.ended, logFile, kill: server.kill, stop: server.stop };
      }
      await server.end();
      const failure = await server.readLog();
      if (tries === 20 || !passes(failure, options.port)) {
        throw new Error(`Postgres did not start on 127.0.0.1:${port}: ${failure}`);
      }
      await wait(250);
    }
  } catch (error) {
    if (temporaryDirectory !== undefined) await rm(temporaryDirectory, { recursive: true, force: true });
    throw error;
  }
}

/** The URL of the server that another process runs on a data directory; undefined when none runs. */
export async function findRunningPostgres(dataDir: string): Promise<string | undefined> {
  const folder = await realpath(join(dataDir, 'cluster'));
  // Lines of `postmaster.pid`: process id, folder, start, port, …
  const lines = (await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const found = findProcess(Number(lines[0]));
  if (found === undefined || !found.command.includes(` ${folder} `)) return undefined;
  const password = await readFile(join(dataDir, 'password'), 'utf8');
  return `postgres://${serverUser}:${password}@127.0.0.1:${lines[3]}/${serverUser}`;
}

/**
 * Whether a retry can succeed: the children of a killed server keep its shared memory for a moment, and another process
 * may have taken an automatically chosen port.
 */
function passes(failure: string, chosenPort: number | undefined): boolean {
  return (
    /shared memory|postmaster\.pid/.test(failure) ||
    (chosenPort === undefined && failure.includes('Address already in use'))
  );
}

function settings(port: number, durable: boolean): readonly string[] {
  const values = {
    port,
    listen_addresses: '127.0.0.1',
    // No socket file: its path is limited to 107 bytes, and that of a data directory can be longer.
    unix_socket_directories: '',
    max_connections: 200,
    log_checkpoints: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** The eighth line of `postmaster.pid` has the state `ready` once the server accepts connections. */
async function isReady(server: SpawnedServer, folder: string): Promise<boolean> {
  for (const end = Date.now() + 60_000; Date.now() < end && !server.hasEnded(); await wait(10)) {
    const lines = (await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
    if (lines[0] === `${server.id}` && lines[7]?.trim() === 'ready') return true;
  }
  return false;
}

async function createDatabase(url: string): Promise<void> {
  const sql = postgres(url, { database: 'postgres', max: 1, onnotice: () => undefined });
  try {
    const found = await sql`select from pg_database where datname = ${serverUser}`;
    if (found.count === 0) await sql`create database ${sql(serverUser)}`;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

async function makeTemporaryDirectory(account: Account, durable: boolean): Promise<string> {
  const isOpen = await reaches(account, tmpdir());
  const base = !durable && (await hasRoomInMemory()) ? memory : isOpen ? tmpdir() : await openDirectory();
  const directory = await mkdtemp(join(base, 'currents-postgres-'));
  await chmod(directory, 0o755);
  return directory;
}

/** Linux' file system in memory, which every account can enter. */
const memory = '/dev/shm';
const tmpfsType = 0x01021994;
/** Far more than the tests of one run need. A container has 64 MB unless more was asked for. */
const roomBytes = 4 * 1024 ** 3;

async function hasRoomInMemory(): Promise<boolean> {
  const found = await statfs(memory).catch(() => undefined);
  return found?.type === tmpfsType && found.bavail * found.bsize >= roomBytes;
}
