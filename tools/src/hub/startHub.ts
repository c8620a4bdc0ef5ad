import { randomBytes } from 'node:crypto';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startPostgres } from '../services/postgres.js';
import { newAdminToken } from './newAdminToken.js';
import { startProgram, type Program, type ProgramName } from './program.js';

export interface HubOptions {
  /** The directory of the embedded Postgres, the master key and the first admin token. Without it nothing is kept. */
  readonly dataDir?: string | undefined;
  /** A Postgres to use instead of the embedded one. */
  readonly databaseUrl?: string | undefined;
  /** A Redis for the queue; default: the queue is in Postgres. */
  readonly redisUrl?: string | undefined;
  readonly masterKey?: string | undefined;
  /** More variables for api and worker, as `.env.example` lists them. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly workers?: number;
  readonly onLine?: (program: ProgramName, line: string) => void;
}

/** A hub: database, api and workers. */
export type RunningHub = Awaited<ReturnType<typeof startHub>>;

/** Starts a hub. If a part fails, ends the others and rejects. */
export async function startHub(options: HubOptions = {}) {
  const { dataDir, redisUrl, onLine = () => undefined } = options;
  const postgres =
    options.databaseUrl === undefined
      ? await startPostgres(dataDir === undefined ? {} : { dataDir: join(dataDir, 'postgres') })
      : undefined;
  const databaseUrl = options.databaseUrl ?? postgres?.url ?? '';
  const programs: Program[] = [];
  /** Ends all parts, the database last. */
  const stop = async (): Promise<void> => {
    await Promise.all(programs.map((program) => program.stop()));
    await postgres?.stop();
  };
  try {
    const masterKey = options.masterKey ?? (await keepMasterKey(dataDir));
    /** The environment variables for a further api or worker of this hub. */
    const environment: Readonly<Record<string, string>> = {
      DATABASE_URL: databaseUrl,
      MASTER_KEY: masterKey,
      ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
      // Nobody balances load between the processes of one machine.
      DRAIN_SECONDS: '0',
      ...options.environment,
      ...(await chooseAdminToken(dataDir, options.environment)),
    };
    const api = await startProgram('api', { environment, onLine: (line) => onLine('api', line) });
    programs.push(api);
    for (let index = 0; index < (options.workers ?? 1); index++) {
      // Only the first worker has the configured port; the others use free ones.
      const port = index === 0 ? {} : { WORKER_PORT: '0' };
      const worker = { environment: { ...environment, ...port }, onLine: (line: string) => onLine('worker', line) };
      programs.push(await startProgram('worker', worker));
    }
    const workers: readonly Program[] = programs.slice(1);
    return {
      databaseUrl,
      masterKey,
      environment,
      /** A valid admin token; undefined if it is in a file. */
      adminToken: environment['ADMIN_TOKEN'],
      /** The file with the first admin token; undefined if there is none. */
      adminTokenFile: await existing(environment['ADMIN_TOKEN_FILE']),
      postgres,
      api,
      workers,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What the environment says, or else a file beside the data, or else a new token. */
async function chooseAdminToken(
  dataDir: string | undefined,
  given: HubOptions['environment'] = {},
): Promise<Record<string, string>> {
  if (given['ADMIN_TOKEN'] || given['ADMIN_TOKEN_FILE']) return {};
  if (dataDir === undefined) return { ADMIN_TOKEN: newAdminToken() };
  await mkdir(dataDir, { recursive: true });
  return { ADMIN_TOKEN_FILE: join(dataDir, 'admin.token') };
}

function existing(file: string | undefined): Promise<string | undefined> {
  if (!file) return Promise.resolve(undefined);
  return access(file).then(
    () => file,
    () => undefined,
  );
}

/** The master key, stored next to the data that it seals and readable only by this account; created on the first start. */
async function keepMasterKey(dataDir: string | undefined): Promise<string> {
  const fresh = randomBytes(32).toString('base64');
  if (dataDir === undefined) return fresh;
  const path = join(dataDir, 'master.key');
  await mkdir(dataDir, { recursive: true });
  try {
    await writeFile(path, `${fresh}\n`, { flag: 'wx', mode: 0o600 });
    return fresh;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return (await readFile(path, 'utf8')).trim();
  }
}
