import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startPostgres } from '../services/postgres.js';
import { startProgram, type Program, type ProgramName } from './program.js';

export interface HubOptions {
  /** The directory of the embedded Postgres and the master key. Without it nothing is kept. */
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
    };
    const api = await startProgram('api', { environment, onLine: (line) => onLine('api', line) });
    /** Shown by the api on its first start on a database, and never again. */
    const { adminToken } = api;
    programs.push(api);
    for (let index = 0; index < (options.workers ?? 1); index++) {
      // Only the first worker has the configured port; the others use free ones.
      const port = index === 0 ? {} : { WORKER_PORT: '0' };
      const worker = { environment: { ...environment, ...port }, onLine: (line: string) => onLine('worker', line) };
      programs.push(await startProgram('worker', worker));
    }
    const workers: readonly Program[] = programs.slice(1);
    return { databaseUrl, masterKey, environment, adminToken, postgres, api, workers, stop };
  } catch (error) {
    await stop();
    throw error;
  }
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
