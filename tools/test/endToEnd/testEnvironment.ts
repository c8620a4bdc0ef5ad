import { createHash, randomBytes } from 'node:crypto';
import { connect, type Sql } from '@currents/core';
import { startFakeMixpanel, type FakeMixpanel } from '../../src/fakes/mixpanel/startFakeMixpanel.js';
import { createAdmin, type Admin } from './admin.js';
import { createTestDatabase } from './database.js';

export interface TestEnvironmentOptions {
  /** The projects of the fake Mixpanel. */
  readonly projects: readonly string[];
  /** Variables for api and workers. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Without it the queue lives in Postgres. */
  readonly redisUrl?: string | undefined;
  /** Another database than one of the run's own. */
  readonly databaseUrl?: string;
}

/** What api and workers need to be started, and where they send to. */
export interface TestEnvironment {
  /** The variables they start with. */
  readonly environment: Readonly<Record<string, string>> & {
    readonly DATABASE_URL: string;
    readonly MASTER_KEY: string;
  };
  readonly mixpanel: FakeMixpanel;
  readonly sql: Sql;
  /** To be called once the api is there. */
  connect(apiUrl: string, adminToken: string): Promise<TestClient>;
  close(): Promise<void>;
}

/** What a test works a hub with. */
export interface TestClient {
  readonly admin: Admin;
  /** An ingest token. */
  readonly token: string;
  /** Launches a Current to one of the fake's projects. */
  launch(project: string, eventTypes?: readonly string[]): Promise<number>;
}

/** A token as Mixpanel's are: nothing of it could stand in a sentence. */
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
      ALLOW_CUSTOM_BASE_URL: 'true',
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
