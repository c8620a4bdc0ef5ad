import { startHub, type RunningHub } from '../../src/hub/startHub.js';
import {
  openTestEnvironment,
  type TestClient,
  type TestEnvironment,
  type TestEnvironmentOptions,
} from './testEnvironment.js';

/** A hub in separate processes, and a strict fake Mixpanel. */
export interface TestHub extends Omit<TestEnvironment, 'connect' | 'close'>, TestClient {
  readonly hub: RunningHub;
  /** The log lines of api and workers above level info. */
  readonly complaints: readonly string[];
  post(events: readonly unknown[]): Promise<{ readonly status: number; readonly body: unknown }>;
  stop(): Promise<void>;
}

export async function startTestHub(options: TestEnvironmentOptions): Promise<TestHub> {
  const { connect, close, ...rest } = await openTestEnvironment(options);
  const { environment } = rest;
  const complaints: string[] = [];
  const hub = await startHub({
    databaseUrl: environment.DATABASE_URL,
    masterKey: environment.MASTER_KEY,
    environment,
    onLine: (_program, line) => void (isUsual(line) || complaints.push(line)),
  });
  const client = await connect(hub.api.url, hub.adminToken ?? '');
  return {
    ...rest,
    ...client,
    hub,
    complaints,
    async post(events) {
      const response = await fetch(`${hub.api.url}/v1/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${client.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ events }),
      });
      return { status: response.status, body: await response.json() };
    },
    async stop() {
      await hub.stop();
      await close();
    },
  };
}

/** A line of the log at level info. */
function isUsual(line: string): boolean {
  return line.startsWith('{"level":30,');
}
