import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect, type Sql } from '@currents/core';
import { Redis } from 'ioredis';
import { createAdminClient, databaseKey } from '../../hub/adminClient.js';
import { newAdminToken } from '../../hub/newAdminToken.js';
import { startProgram, type Program } from '../../hub/program.js';
import { startPostgres } from '../../services/postgres.js';
import { findProcess } from '../../services/processes.js';
import { startRedis } from '../../services/redis.js';
import type { Cleanup, QueueKind } from '../bench.js';
import { benchDestinations, type BenchDestinationName } from '../destinations.js';
import { benchEventTypes } from '../events/eventMaker.js';

export interface HubOptions {
  readonly queue: QueueKind;
  /** The sink that the Current sends to; without it no Current is created. */
  readonly sinkUrl?: string;
  /** The destination of that Current; default: Mixpanel. */
  readonly destination?: BenchDestinationName;
  /** An existing directory for the hub's logs. */
  readonly folder: string;
  /** An existing directory for CPU profiles of api and worker. */
  readonly profileFolder?: string | undefined;
  /** More environment variables of api and worker. */
  readonly variables?: Readonly<Record<string, string>>;
}

export type Hub = NonNullable<Awaited<ReturnType<typeof openHub>>>;

/** The sinks have no limits: the bench measures the hub, not what Mixpanel accepts for one project. */
export const withoutLimits = { rateShare: 100 };

/** The credentials of every Current; the sinks accept any. */
export const benchKey = 'bench';

/**
 * Starts a separate hub: stores, api, worker, and a live Current that sends to the sink. Undefined if the queue needs
 * Redis and the machine has none. `bench --compare` calls this function of other commits, so its path and its
 * parameters stay.
 */
export async function openHub(
  { queue, sinkUrl, destination: sinkKind = 'mixpanel', folder, profileFolder, variables: more }: HubOptions,
  cleanup: Cleanup,
) {
  const redis = queue === 'redis' ? await startRedis() : undefined;
  if (queue === 'redis' && redis === undefined) return undefined;
  if (redis) cleanup.add('redis-server', redis.stop);
  const postgres = await startPostgres({ durable: true });
  cleanup.add('Postgres', postgres.stop);
  const adminToken = newAdminToken();
  const environment = {
    NODE_ENV: 'production',
    DATABASE_URL: postgres.url,
    ...(redis && { REDIS_URL: redis.url }),
    ADMIN_TOKEN: adminToken,
    MASTER_KEY: randomBytes(32).toString('base64'),
    ALLOW_CUSTOM_BASE_URL: 'true',
    ALLOW_PRIVATE_ADDRESSES: 'true',
    API_PORT: '0',
    WORKER_PORT: '0',
    DRAIN_SECONDS: '0',
    ...more,
  };
  const logFiles: string[] = [];
  const start = async (name: 'api' | 'worker', variables = {}): Promise<Program> => {
    const run = `${name}-${logFiles.length + 1}`;
    const logFile = join(folder, `${run}.log`);
    logFiles.push(logFile);
    const nodeOptions =
      profileFolder === undefined
        ? []
        : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`, `--cpu-prof-name=${run}.cpuprofile`];
    const app = await startProgram(name, { environment: { ...environment, ...variables }, logFile, nodeOptions });
    cleanup.add(`the ${name}`, app.stop);
    return app;
  };
  const api = await start('api');
  const sql = connect(postgres.url, { max: 2, name: 'bench' });
  cleanup.add('a database connection', () => sql.end());
  const admin = createAdminClient(api.url, adminToken);
  /**
   * Creates another live Current; `id` is its id in the GraphQL API, `currentId` its key in the database. No two Currents
   * have the same name.
   */
  const launch = async (
    destination: BenchDestinationName,
    settings: Readonly<Record<string, unknown>>,
    name: string = destination,
  ) => {
    const id = await admin.launchCurrent({
      name,
      contactEmail: 'bench@example.com',
      destination,
      settings: { ...(destination === 'http' ? {} : { region: 'us' }), ...settings },
      credentials: benchDestinations[destination].credentials,
      selection: { eventTypes: benchEventTypes },
    });
    return { id, currentId: databaseKey(id) };
  };
  const current =
    sinkUrl === undefined ? undefined : await launch(sinkKind, benchDestinations[sinkKind].settings(sinkUrl));
  const stores = { postgres: await postmasterOf(sql), ...(redis && { redis: await serverOf(redis.url) }) };
  let worker: Program | undefined = await start('worker');

  return {
    sql,
    databaseUrl: postgres.url,
    /** The queue's Redis; undefined when the queue is in Postgres. */
    redisUrl: redis?.url,
    url: api.url,
    admin,
    adminToken,
    /** The ingest token, in clear. */
    token: await admin.createIngestToken('bench'),
    /** The database key of the Current to the sink; 0 without one. */
    currentId: current?.currentId ?? 0,
    launch,
    /** The ids of the measured processes, by name. */
    processes: (): Readonly<Record<string, number>> => ({
      api: api.pid,
      ...(worker && { worker: worker.pid }),
      ...stores,
    }),
    /** Starts another api on the same stores, which is not measured. */
    startApi: () => start('api'),
    /** @param variables more environment variables for the worker. */
    async startWorker(variables?: Readonly<Record<string, string>>): Promise<void> {
      worker = await start('worker', variables);
    },
    async stopWorker(): Promise<void> {
      await worker?.stop();
      worker = undefined;
    },
    /** The lines of the logs that are warnings and errors. */
    troubles: async () => (await Promise.all(logFiles.map(readTroubles))).flat(),
  };
}

/** The launcher reports no process ids, but each session's server process is a child of the launched one. */
export async function postmasterOf(sql: Sql): Promise<number> {
  const [row] = await sql<{ id: number }[]>`select pg_backend_pid() as id`;
  const postmaster = findProcess(row?.id ?? 0)?.parentId;
  if (postmaster === undefined) throw new Error('expected Postgres on this machine; its process cannot be seen');
  return postmaster;
}

async function serverOf(url: string): Promise<number> {
  const redis = new Redis(url);
  try {
    return Number(/process_id:(\d+)/.exec(await redis.info('server'))?.[1]);
  } finally {
    redis.disconnect();
  }
}

const warning = 40;

async function readTroubles(logFile: string): Promise<readonly string[]> {
  const lines = (await readFile(logFile, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.filter((line) => {
    const level = /^\{"level":(\d+)/.exec(line)?.[1];
    return level === undefined || Number(level) >= warning;
  });
}
