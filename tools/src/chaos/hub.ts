import { createWriteStream } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { connect } from '@currents/core';
import type { Cleanup } from '../cleanup.js';
import { startFakeAmplitude } from '../fakes/amplitude/startFakeAmplitude.js';
import { startFakeMixpanel } from '../fakes/mixpanel/startFakeMixpanel.js';
import { createAdminClient, databaseKey } from '../hub/adminClient.js';
import { newAdminToken } from '../hub/newAdminToken.js';
import { createSlot } from '../hub/slot.js';
import { findFreePort } from '../services/ports.js';
import { startPostgres } from '../services/postgres.js';
import { startRedis } from '../services/redis.js';
import { loadTypes } from './load.js';
import type { Workspace } from './workspace.js';

export interface ChaosHubOptions {
  readonly queue: 'postgres' | 'redis';
  readonly workspace: Workspace;
  /** Where the programs' output goes. */
  readonly logFolder: string;
}

export type ChaosHub = Awaited<ReturnType<typeof openChaosHub>>;
export type ChaosCurrent = ChaosHub['currents'][number];

/** Deliveries of a worker that could not record stay leased for twice as long and 30 s. */
const requestTimeoutSeconds = 2;
const projects = { mixpanel: 'everything', partly: 'emails', amplitude: 'everything-too' };

/** A hub of one api and two workers, whose parts can fail, with strict fake partners and three Currents. */
export async function openChaosHub({ queue, workspace, logFolder }: ChaosHubOptions, cleanup: Cleanup) {
  const dataDir = workspace.postgresFolder;
  let postgres = await startPostgres({ dataDir });
  cleanup.add('Postgres', () => postgres.stop());
  const databaseUrl = postgres.url;
  const port = Number(new URL(databaseUrl).port);
  let redis = queue === 'redis' ? await startRedis({ dataDir: workspace.redisFolder }) : undefined;
  cleanup.add('Redis', () => redis?.stop());
  if (queue === 'redis' && !redis) throw new Error('expected a redis-server on this machine, found none');
  const redisUrl = redis?.url;
  const mixpanel = await startFakeMixpanel({
    projects: [projects.mixpanel, projects.partly].map((projectId) => ({ projectId, token: `token-${projectId}` })),
  });
  cleanup.add('the fake Mixpanel', mixpanel.close);
  const amplitude = await startFakeAmplitude({
    projects: [{ projectId: projects.amplitude, apiKey: `key-${projects.amplitude}` }],
  });
  cleanup.add('the fake Amplitude', amplitude.close);

  const adminToken = newAdminToken();
  const environment = {
    DATABASE_URL: databaseUrl,
    MASTER_KEY: randomBytes(32).toString('base64'),
    ...(redisUrl !== undefined && { REDIS_URL: redisUrl }),
    ADMIN_TOKEN: adminToken,
    API_PORT: String(await findFreePort()),
    WORKER_PORT: '0',
    DRAIN_SECONDS: '0',
    ALLOW_CUSTOM_BASE_URL: 'true',
    ALLOW_PRIVATE_ADDRESSES: 'true',
    REQUEST_TIMEOUT_SECONDS: String(requestTimeoutSeconds),
    RETRY_AFTER_SECONDS: '1',
  };
  const preload = pathToFileURL(join(import.meta.dirname, '../../dist/chaos/clockPreload.js')).href;
  const nodeOptions = [`--import=${preload}`];
  const createLoggedSlot = (name: 'api' | 'worker-1' | 'worker-2') => {
    const log = createWriteStream(join(logFolder, `${name}.log`));
    const slot = createSlot(
      name === 'api' ? 'api' : 'worker',
      environment,
      (line) => void log.write(`${line}\n`),
      nodeOptions,
    );
    cleanup.add(name, async () => {
      await slot.stop();
      await new Promise((resolve) => log.end(resolve));
    });
    return slot;
  };
  const slots = {
    api: createLoggedSlot('api'),
    'worker-1': createLoggedSlot('worker-1'),
    'worker-2': createLoggedSlot('worker-2'),
  };
  await slots.api.start();
  await Promise.all([slots['worker-1'].start(), slots['worker-2'].start()]);

  const apiUrl = slots.api.url();
  const admin = createAdminClient(apiUrl, adminToken);
  const launch = async (
    partner: 'mixpanel' | 'amplitude',
    project: string,
    credentials: Readonly<Record<string, string>>,
    eventTypes: readonly string[],
  ) => {
    const { url, control } = partner === 'mixpanel' ? mixpanel : amplitude;
    const id = await admin.launchCurrent({
      name: project,
      contactEmail: 'admin@example.com',
      destination: partner,
      settings: { region: 'us', baseUrl: url },
      credentials,
      selection: { eventTypes },
    });
    return { id, key: databaseKey(id), partner, project, eventTypes, control };
  };
  const currents = [
    await launch('mixpanel', projects.mixpanel, mixpanelToken(projects.mixpanel), loadTypes),
    await launch('mixpanel', projects.partly, mixpanelToken(projects.partly), loadTypes.slice(0, 1)),
    await launch('amplitude', projects.amplitude, { apiKey: `key-${projects.amplitude}` }, loadTypes),
  ];
  const sql = connect(databaseUrl, { max: 2, name: 'chaos' });
  cleanup.add('the connections', () => sql.end({ timeout: 5 }));
  return {
    apiUrl,
    databaseUrl,
    admin,
    ingestToken: await admin.createIngestToken('load'),
    currents,
    slots,
    mixpanel,
    amplitude,
    sql,
    workspace,
    postgres: () => postgres,
    redis: () => redis,
    redisUrl,
    /** Starts Postgres again on its data directory and port. Rejects while its disk is full, for example. */
    async startPostgres(): Promise<void> {
      postgres = await startPostgres({ dataDir, port });
    },
    async startRedis(): Promise<void> {
      redis = await startRedis({ dataDir: workspace.redisFolder, ...(redisUrl !== undefined && { url: redisUrl }) });
    },
  };
}

const mixpanelToken = (project: string) => ({ kind: 'projectToken', token: `token-${project}` });
