import { createHash, randomBytes } from 'node:crypto';
import { connect, type Sql } from '@currents/core';
import { startFakeMixpanel, type FakeMixpanel } from '../../src/fakes/mixpanel/startFakeMixpanel.js';
import { createAdmin, type Admin } from './admin.js';
import { createTestDatabase } from './database.js';

export interface TestEnvironmentOptions {
  /** The projects of the fake Mixpanel. */
  readonly projects: readonly string[];
  /** Environment variables of api and workers. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The Redis of the queue; default: the queue is in Postgres. */
  readonly redisUrl?: string | undefined;
  /** Default: a new database. */
  readonly databaseUrl?: string;
}

/** The environment of api and workers, and the partner that they send to. */
export interface TestEnvironment {
  /** Environment variables of api and workers. */
  readonly environment: Readonly<Record<string, string>> & {
    readonly DATABASE_URL: string;
    readonly MASTER_KEY: string;
  };
  readonly mixpanel: FakeMixpanel;
  readonly sql: Sql;
  /** Returns a client; call it once the api is running. */
  connect(apiUrl: string, adminToken: string): Promise<TestClient>;
  close(): Promise<void>;
}

/** A test's access to a hub. */
export interface TestClient {
  readonly admin: Admin;
  /** An ingest token. */
  readonly token: string;
  /** Launches a Current for one of the fake's projects. */
  launch(project: string, eventTypes?: readonly string[]): Promise<number>;
}

/** A token in the format of Mixpanel, which occurs in no other text. */
export const tokenOf = (project: string): string => createHash('md5').update(project).digest('hex');

export async function openTestEnvironment({
  projects,
  environment,
  redisUrl,
  databaseUrl,
}: TestEnvironmentOptions): Promise<TestEnvironment> {
  const database =
    databaseUrl === undefined ? await createTestDatabase() : { url: databaseUrl, drop: async () => undefined };
  const mixpanel = await startFakeMixpanel({
    projects: projects.map((projectId) => ({ projectId, token: tokenOf(projectId) })),
  });
  const sql = connect(database.url, { max: 2, name: 'test' });
  return {
    environment: {
      DATABASE_URL: database.url,
      MASTER_KEY: randomBytes(32).toString('base64'),
      ...(redisUrl && { REDIS_URL: redisUrl }),
      API_PORT: '0',
      WORKER_PORT: '0',
      DRAIN_SECONDS: '0',
      ALLOW_CUSTOM_BASE_URL: 'true',
      ALLOW_PRIVATE_ADDRESSES: 'true',
      REQUEST_TIMEOUT_SECONDS: '2',
      ...environment,
    },
    mixpanel,
    sql,
    async connect(apiUrl, adminToken) {
      const admin = createAdmin(apiUrl, adminToken);
      return {
        admin,
        token: await admin.makeToken('test'),
        launch: (project, eventTypes) =>
          admin.launch({
            name: project,
            baseUrl: mixpanel.url,
            token: tokenOf(project),
            ...(eventTypes && { eventTypes }),
          }),
      };
    },
    async close() {
      await mixpanel.close();
      await sql.end();
      await database.drop();
    },
  };
}
