import { createHash, randomBytes } from 'node:crypto';
import { connect, type Sql } from '@currents/core';
import { Redis } from 'ioredis';
import { startPostgres } from '../../services/postgres.js';
import { findProcess } from '../../services/processes.js';
import { startRedis } from '../../services/redis.js';
import type { Cleanup } from '../cleanup.js';
import { startApp, type App } from './app.js';
import { launch, makeToken, withoutLimits, type BenchCurrent } from './provision.js';

export type QueueKind = 'postgres' | 'redis';

export interface HubOptions {
  readonly queue: QueueKind;
  /** Where a Current to Mixpanel leads; without it there is no Current yet. */
  readonly sinkUrl: string | undefined;
  readonly folder: string;
  readonly profileFolder: string | undefined;
}

/** A whole hub of its own: stores, api, worker, and a live Current that leads to the sink. */
export interface Hub {
  readonly sql: Sql;
  readonly url: string;
  readonly token: string;
  /** The Current to the sink; 0 without one. */
  readonly currentId: number;
  /** Makes another live Current, and answers its id. */
  launch(current: BenchCurrent): Promise<number>;
  /** A new admin token, in clear. */
  makeAdminToken(): Promise<string>;
  /** The processes that an event costs, by what they are. */
  processes(): Readonly<Record<string, number>>;
  /** @param variables more of them than workers have. */
  startWorker(variables?: Readonly<Record<string, string>>): Promise<void>;
  stopWorker(): Promise<void>;
  /** Warnings and errors that api and worker logged. */
  troubles(): Promise<readonly string[]>;
}

/** Undefined where the machine has no Redis to put the queue on. */
export async function openHub(
  { queue, sinkUrl, folder, profileFolder }: HubOptions,
  cleanup: Cleanup,
): Promise<Hub | undefined> {
  const redis = queue === 'redis' ? await startRedis() : undefined;
  if (queue === 'redis' && redis === undefined) return undefined;
  if (redis) cleanup.add('redis-server', redis.stop);
  const postgres = await startPostgres({ durable: true });
  cleanup.add('Postgres', postgres.stop);

  const masterKey = randomBytes(32);
  const environment = {
    DATABASE_URL: postgres.url,
    ...(redis && { REDIS_URL: redis.url }),
    MASTER_KEY: masterKey.toString('base64'),
    ALLOW_CUSTOM_BASE_URL: 'true',
  };
  const start = async (name: 'api' | 'worker', variables = {}): Promise<App> => {
    const app = await startApp({ name, environment: { ...environment, ...variables }, folder, profileFolder });
    cleanup.add(`the ${name}`, app.stop);
    return app;
  };
  const api = await start('api');
  const sql = connect(postgres.url, { max: 2, name: 'bench' });
  cleanup.add('a database connection', () => sql.end());
  const token = await makeToken({ sql });
  const currentId =
    sinkUrl === undefined
      ? 0
      : await launch(
          { sql, masterKey },
          { destination: 'mixpanel', settings: { region: 'us', baseUrl: sinkUrl, ...withoutLimits } },
        );
  const stores = { postgres: await postmasterOf(sql), ...(redis && { redis: await serverOf(redis.url) }) };
  const apps = [api];
  let worker: App | undefined;

  const hub: Hub = {
    sql,
    url: api.url,
    token,
    currentId,
    launch: (current) => launch({ sql, masterKey }, current),
    async makeAdminToken() {
      const token = `cur_admin_${randomBytes(32).toString('base64url')}`;
      await sql`insert into admin_token (hash) values (${createHash('sha256').update(token).digest()})`;
      return token;
    },
    processes: () => ({ api: api.id, ...(worker && { worker: worker.id }), ...stores }),
    async startWorker(variables) {
      worker = await start('worker', variables);
      apps.push(worker);
    },
    async stopWorker() {
      await worker?.stop();
      worker = undefined;
    },
    troubles: async () => (await Promise.all(apps.map((app) => app.troubles()))).flat(),
  };
  await hub.startWorker();
  return hub;
}

/** The launcher tells no process ids, but every session's server process is a child of the one that was launched. */
async function postmasterOf(sql: Sql): Promise<number> {
  const [row] = await sql<{ id: number }[]>`select pg_backend_pid() as id`;
  const postmaster = findProcess(row?.id ?? 0)?.parentId;
  if (postmaster === undefined) throw new Error('wanted Postgres on this machine; its process cannot be seen');
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
