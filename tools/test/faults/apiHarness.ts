import { connect, type Sql } from '@currents/core';
import { createAdminClient, type AdminClient } from '../../src/hub/adminClient.js';
import { startProgram } from '../../src/hub/program.js';
import { startHub } from '../../src/hub/startHub.js';
import { createTestDatabase } from '../endToEnd/database.js';

/** A hub of one process, its api, which can be killed. */
export interface ApiHarness {
  readonly sql: Sql;
  /** The address of the process that runs now. */
  url(): string;
  /** A client of the process that runs now. */
  client(): AdminClient;
  /** Kills the api, as a crash would. */
  kill(): Promise<void>;
  /** Kills the api unless that is done, and starts another, with these variables beside those of the first. */
  restart(environment?: Readonly<Record<string, string>>): Promise<void>;
  stop(): Promise<void>;
}

export async function openApiHarness(options: { readonly masterKey?: string } = {}): Promise<ApiHarness> {
  const database = await createTestDatabase();
  const sql = connect(database.url, { max: 2, name: 'test' });
  const hub = await startHub({
    ...options,
    databaseUrl: database.url,
    environment: { API_PORT: '0', WORKER_PORT: '0' },
    workers: 0,
  });
  let { api } = hub;
  return {
    sql,
    url: () => api.url,
    client: () => createAdminClient(api.url, hub.adminToken ?? ''),
    kill: () => api.kill(),
    async restart(environment = {}) {
      await api.kill();
      api = await startProgram('api', { environment: { ...hub.environment, ...environment } });
    },
    async stop() {
      await api.stop();
      await hub.stop();
      await sql.end();
      await database.drop();
    },
  };
}
