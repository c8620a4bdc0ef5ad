import { expect } from 'vitest';
import { ledgerOf } from '../endToEnd/ledger.js';
import { onceEach, shownAt } from '../endToEnd/shown.js';
import {
  openTestEnvironment,
  type TestClient,
  type TestEnvironment,
  type TestEnvironmentOptions,
} from '../endToEnd/testEnvironment.js';
import { until } from '../endToEnd/until.js';
import { newAdminToken } from '../../src/hub/newAdminToken.js';
import { findFreePort } from '../../src/services/ports.js';
import { createSlot, type Slot } from '../../src/hub/slot.js';
import { startLoad, type Load, type Sent } from './load.js';

/** A hub with a sender and a fake Mixpanel. Each process can be stopped and killed. */
export interface FaultHarness extends TestEnvironment, TestClient {
  readonly api: Slot;
  readonly workers: readonly Slot[];
  readonly current: number;
  readonly adminToken: string;
  /** The log lines of the workers about attempts. */
  readonly attempts: readonly Attempt[];
  startLoad(rate?: { readonly requestsPerSecond: number; readonly eventsPerRequest: number }): Load;
  /**
   * Expects that no process has crashed, waits until no event is pending, then expects that exactly the acknowledged
   * events are stored, once each, and that the ledger balances.
   */
  expectAllThere(sent: Sent, withinMs: number): Promise<void>;
  stop(): Promise<void>;
}

export interface Attempt {
  readonly pid: number;
  readonly deliveries: number;
  readonly delivered: number;
}

const project = 'everything';

/** Starts the api, by default also the workers, and one Current that selects all events. */
export async function openFaultHarness(
  options: Omit<TestEnvironmentOptions, 'projects'> & {
    readonly workers: number;
    readonly startWorkers?: boolean;
    /** Options of Node, for every process. */
    readonly nodeOptions?: readonly string[];
  },
): Promise<FaultHarness> {
  const port = await findFreePort();
  const adminToken = newAdminToken();
  const testEnvironment = await openTestEnvironment({
    ...options,
    projects: [project],
    environment: { API_PORT: `${port}`, ADMIN_TOKEN: adminToken, REQUEST_TIMEOUT_SECONDS: '1', ...options.environment },
  });
  const attempts: Attempt[] = [];
  const api = createSlot('api', testEnvironment.environment, () => undefined, options.nodeOptions);
  const workers = Array.from({ length: options.workers }, () =>
    createSlot('worker', testEnvironment.environment, (line) => note(line, attempts), options.nodeOptions),
  );
  await api.start();
  const client = await testEnvironment.connect(api.url(), adminToken);
  const current = await client.launch(project);
  if (options.startWorkers !== false) await Promise.all(workers.map((worker) => worker.start()));
  return {
    ...testEnvironment,
    ...client,
    api,
    workers,
    current,
    adminToken,
    attempts,
    startLoad: (rate = { requestsPerSecond: 80, eventsPerRequest: 20 }) =>
      startLoad({ url: `http://127.0.0.1:${port}`, token: client.token, ...rate }),
    async expectAllThere(sent, withinMs) {
      expect(sent.acknowledged.size).toBe(sent.all.size);
      const crashed = [api, ...workers].map((slot) => slot.crash()).filter((crash) => crash !== undefined);
      expect(crashed).toEqual([]);
      const counts = await until(
        () => ledgerOf(testEnvironment.sql, current),
        ({ selected, pending }) => selected > 0 && pending === 0,
        withinMs,
      );
      expect(shownAt(testEnvironment.mixpanel.control.ledger(), project)).toEqual(onceEach([...sent.acknowledged]));
      const total = sent.all.size;
      expect(counts).toEqual({ selected: total, delivered: total, skipped: 0, rejected: 0, expired: 0, pending: 0 });
    },
    async stop() {
      await Promise.all([api, ...workers].map((slot) => slot.stop()));
      await testEnvironment.close();
    },
  };
}

function note(line: string, attempts: Attempt[]): void {
  if (line.includes('"attempt.finished"')) attempts.push(JSON.parse(line) as Attempt);
}
