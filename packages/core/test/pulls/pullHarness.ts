import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import type { PullLimits, StreamingHttp } from '@currents/connector';
import { pino } from 'pino';
import {
  connect,
  createMetrics,
  createSeal,
  findPull,
  createCohortPull,
  openAdmin,
  openWakeSender,
  startEngine,
  type Admin,
  type Engine,
  type Metrics,
  type PullView,
  type Schedule,
  type Sql,
} from '@currents/core';
import { createTestDatabase } from '../database.js';
import { readMembers } from '../cohorts/cohortHarness.js';
import { sweepMs, until } from '../deliveryHarness.js';
import { pullingConnector, type FakeCohorts } from './fakeCohorts.js';

/** Admin operations and workers on a new database, with a fake partner that supports cohort pulls. */
export interface PullHarness {
  readonly admin: Admin;
  readonly sql: Sql;
  readonly url: string;
  /** A live Current. */
  readonly currentId: string;
  readonly metrics: Metrics;
  /** All log lines of the workers. */
  readonly logLines: string[];
  openCurrent(name: string, key?: string): Promise<string>;
  startWorker(options?: { readonly windowMs?: number; readonly databaseUrl?: string }): Promise<Engine>;
  /** Creates a pull of a cohort, and returns the hub's id of the cohort. */
  follow(partnerId: string, schedule?: Schedule, currentId?: string): Promise<string>;
  pull(cohortId: string): Promise<PullView>;
  /** Waits until the pull meets the condition. */
  waitForPull(cohortId: string, holds: (pull: PullView) => boolean): Promise<PullView>;
  members(partnerId: string): Promise<readonly string[]>;
  /** Moves the times of pulls and of partner requests back by this much. */
  age(ms: number): Promise<void>;
  close(): Promise<void>;
}

const unreachable = async () => ({ status: 0, failure: 'unreachable', detail: 'there is no network here' }) as const;
const noHttp: StreamingHttp = { request: unreachable, stream: unreachable };

export async function openPullHarness(fake: FakeCohorts, limits?: PullLimits): Promise<PullHarness> {
  const database = await createTestDatabase();
  const sql = connect(database.url, { max: 4, name: 'test' });
  const seal = createSeal(randomBytes(32));
  const connector = pullingConnector(fake, limits);
  const connectors = new Map([[connector.name, connector]]);
  const sender = openWakeSender({ databaseUrl: database.url }, { onError: () => undefined });
  const admin = openAdmin({
    databaseUrl: database.url,
    sql,
    seal,
    connectors,
    allowBaseUrl: false,
    http: noHttp,
    wake: sender.wake,
    wakePull: sender.wakePull,
  });
  const engines = new Set<Engine>();
  const logLines: string[] = [];
  const metrics = createMetrics();
  const log = pino(
    { level: 'trace' },
    new Writable({ write: (line: Buffer, _encoding, done) => (logLines.push(String(line)), done()) }),
  );

  async function openCurrent(name: string, key = 'k'): Promise<string> {
    const [row] = await sql<[{ id: number }]>`
      insert into current (name, contact_email, destination, settings, selection, state, live_since)
      values (${name}, 'a@example.com', 'fake', ${sql.json({ region: 'here' })}, ${sql.json({ eventTypes: [], channels: [], groups: [] })}, 'live', now()) returning id`;
    await sql`update current set credentials = ${seal.seal(JSON.stringify({ key }), `current:${row.id}`)} where id = ${row.id}`;
    return String(row.id);
  }
  const currentId = await openCurrent('source');

  const pull: PullHarness['pull'] = async (cohortId) => {
    const found = await findPull(admin, cohortId);
    if (!found) throw new Error(`the cohort ${cohortId} is not pulled`);
    return found;
  };

  return {
    admin,
    sql,
    url: database.url,
    currentId,
    metrics,
    logLines,
    openCurrent,
    async startWorker({ windowMs = 3_600_000, databaseUrl = database.url } = {}) {
      const engine = await startEngine({
        network: { allowPrivateAddresses: true },
        connectors,
        seal,
        allowBaseUrl: false,
        databaseUrl,
        queue: { databaseUrl: database.url },
        log,
        metrics,
        windowMs,
        requestMs: 5_000,
        retentionDays: 14,
        sweepMs,
        enforceBudgets: false,
        notices: { from: '', to: [], groupMs: 1_000, quarantineMaxBytes: 1_000_000_000, databaseMaxBytes: 0 },
      });
      engines.add(engine);
      return { ...engine, stop: () => (engines.delete(engine), engine.stop()) };
    },
    async follow(partnerId, schedule = 'daily', through = currentId) {
      const answer = await createCohortPull(admin, { currentId: through, partnerId, schedule });
      if (answer.kind !== 'CohortPull') throw new Error(answer.message);
      return answer.cohortId;
    },
    pull,
    waitForPull: (cohortId, holds) => until(() => pull(cohortId), holds),
    members: async (partnerId) => (await readMembers(sql, partnerId)).map((key) => key.slice(1)),
    async age(ms) {
      const by = sql`${ms}::float8 * interval '1 millisecond'`;
      await sql`update cohort_pull set due_at = due_at - ${by}, started_at = started_at - ${by}, progressed_at = progressed_at - ${by}`;
      await sql`update pull_usage set
        step_times_ms = array(select s - ${ms}::float8 from unnest(step_times_ms) s),
        pull_times_ms = array(select s - ${ms}::float8 from unnest(pull_times_ms) s)`;
    },
    async close() {
      await Promise.all([...engines].map((engine) => engine.stop()));
      await admin.close();
      await sender.close();
      await sql.end();
      await database.drop();
    },
  };
}

/** Ids in the order in which a set is read. */
export const ids = (count: number, prefix = 'user'): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
export const sorted = (members: readonly string[]): string[] => [...members].sort();
