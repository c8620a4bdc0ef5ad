import { randomBytes } from 'node:crypto';
import { cpSync, readFileSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  connect,
  createCurrent,
  createHttp,
  createIngest,
  createIngestToken,
  createLog,
  createMetrics,
  createSeal,
  getCurrent,
  launchCurrent,
  openAdmin,
  openWriter,
  startEngine,
  type Connectors,
} from '@currents/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase } from '../endToEnd/database.js';
import { until } from '../endToEnd/until.js';
import { startFakeTidemark } from './fakeTidemark.js';
import { copyWorkspace, type Workspace } from './workspace.js';

const finished = join(import.meta.dirname, 'finished');
const slowMs = 240_000;
let workspace: Workspace;
let folder: string;

const read = (path: string): string => readFileSync(join(workspace.folder, path), 'utf8');
const targets = (...names: readonly string[]) => workspace.nx('run-many', '-t', ...names, '-p', 'connector-tidemark');

/** The exit code of each target of the new project in the last run, and whether it came from the cache. */
function lastRun(): Record<string, unknown> {
  const { tasks } = JSON.parse(read('.nx/cache/run.json')) as {
    tasks: { projectName: string; target: string; status: number; cacheStatus: string }[];
  };
  const own = tasks.filter(({ projectName }) => projectName === '@currents/connector-tidemark');
  return Object.fromEntries(own.map((task) => [task.target, [task.status, task.cacheStatus]]));
}

beforeAll(async () => {
  workspace = copyWorkspace();
  folder = join(workspace.folder, 'packages/connector-tidemark');
  const { exitCode, output } = await workspace.nx('g', '@currents/tools:connector', 'tidemark', '--skipInstall');
  expect(exitCode, output).toBe(0);
  workspace.link('packages/connector-tidemark');
}, slowMs);
afterAll(() => workspace?.remove());

it(
  'a generated connector is registered only in both apps, and is formatted',
  async () => {
    for (const app of ['apps/api', 'apps/worker']) {
      expect(read(`${app}/src/connectors.ts`)).toContain(`import { tidemark } from '@currents/connector-tidemark';\n`);
      expect(read(`${app}/src/connectors.ts`)).toMatch(/= \[.*, tidemark\];/);
      expect(read(`${app}/package.json`)).toContain('"@currents/connector-tidemark": "*"');
      expect(read(`${app}/tsconfig.json`)).toContain('"../../packages/connector-tidemark"');
    }
    expect(read('tsconfig.json')).toContain('"packages/connector-tidemark"');
  },
  slowMs,
);

it(
  'a generated connector compiles and lints, and its tests list the missing parts',
  async () => {
    const { exitCode, output } = await targets('build', 'lint', 'typecheck', 'test');
    expect(exitCode).toBe(1);
    expect(lastRun(), output).toEqual({
      build: [0, 'cache-miss'],
      lint: [0, 'cache-miss'],
      typecheck: [0, 'cache-miss'],
      test: [1, 'cache-miss'],
    });
    expect(output).toContain('nothing is left to write');
    for (const file of ['src/limits.ts', 'src/map.ts', 'src/send.ts', 'src/settings.ts', 'test/conformance.test.ts'])
      expect(output).toContain(`"${file}: `);
  },
  slowMs,
);

it(
  'a finished connector has at most 150 lines, passes its tests, and nx caches them',
  async () => {
    const source = readdirSync(join(finished, 'src')).map((file) => readFileSync(join(finished, 'src', file), 'utf8'));
    expect(source.join('').split('\n').length).toBeLessThanOrEqual(150);
    cpSync(finished, folder, { recursive: true });
    renameSync(join(folder, 'test/conformance.ts'), join(folder, 'test/conformance.test.ts'));
    const first = await targets('build', 'lint', 'typecheck', 'test');
    expect(first.exitCode, first.output).toBe(0);
    const second = await targets('build', 'lint', 'typecheck', 'test');
    expect(second.exitCode, second.output).toBe(0);
    const hit = [0, 'local-cache-hit'];
    expect(lastRun()).toEqual({ build: hit, lint: hit, typecheck: hit, test: hit });
  },
  slowMs,
);

it(
  'a finished connector is known to the worker, and delivers to its partner',
  async () => {
    const { exitCode, output } = await workspace.nx('build', 'worker');
    expect(exitCode, output).toBe(0);
    const list = pathToFileURL(join(workspace.folder, 'apps/worker/dist/connectors.js')).href;
    const { connectors } = (await import(list)) as { connectors: Connectors };
    const apiKey = 'k-51d0c7f2ab9e4386';
    const partner = await startFakeTidemark(apiKey, ['user-7']);
    const hub = await openHub(connectors);
    try {
      const events = Array.from({ length: 120 }, (_, index) => ({
        event_type: 'users.messages.email.Open',
        id: `event-${index}`,
        time: 1_750_000_000 + index,
        user: { external_user_id: `user-${index}` },
        properties: { campaign_name: 'Spring' },
      }));
      const counts = await hub.deliver({ baseUrl: partner.url }, { apiKey }, events);
      expect(counts).toMatchObject({ selected: 120, delivered: 119, rejected: 1 });
      expect(partner.violations).toEqual([]);
      expect([...partner.stored.values()]).toEqual(events.slice(1).map(() => 1));
      expect(partner.stored.has('event-7')).toBe(false);
    } finally {
      await hub.stop();
      await partner.close();
    }
  },
  slowMs,
);

/** A hub in this process, on a new database. */
async function openHub(connectors: Connectors) {
  const database = await createTestDatabase();
  const sql = connect(database.url, { max: 4, name: 'test' });
  const shared = { connectors, seal: createSeal(randomBytes(32)), allowBaseUrl: true, databaseUrl: database.url };
  const http = createHttp({ timeoutMs: 5_000, connections: 4, allowPrivateAddresses: true });
  const admin = openAdmin({ ...shared, sql, http, wake: () => undefined, wakePull: () => undefined });
  const writer = openWriter(database.url, { max: 2, name: 'test' });
  const ingest = createIngest(writer, {
    connectors,
    batchEvents: 500,
    queuedBytes: 10_000_000,
    commits: 1,
    commitDelayMs: 1,
    shard: 1,
    onStored: () => undefined,
  });
  const engine = await startEngine({
    network: { allowPrivateAddresses: true },
    ...shared,
    queue: { databaseUrl: database.url },
    log: createLog('worker', 'fatal'),
    metrics: createMetrics(),
    windowMs: 3_600_000,
    requestMs: 5_000,
    retentionDays: 14,
    enforceBudgets: true,
    notices: { from: '', to: [], groupMs: 1_000, quarantineMaxBytes: 1_000_000_000, databaseMaxBytes: 0 },
  });
  return {
    /** Launches a Current, sends the events through it, and returns its counts once none is pending. */
    async deliver(settings: unknown, credentials: unknown, events: readonly unknown[]) {
      const current = await createCurrent(admin, {
        name: 'tidemark',
        contactEmail: 'admin@example.com',
        destination: 'tidemark',
        settings,
        credentials,
        selection: { eventTypes: [], channels: [], groups: ['message'] },
      });
      if (current.kind !== 'Current') throw new Error(JSON.stringify(current));
      expect(await launchCurrent(admin, current.id)).toMatchObject({ kind: 'Current', state: 'live' });
      const token = await createIngestToken(admin, 'test');
      if (token.kind !== 'IngestTokenCreated') throw new Error(JSON.stringify(token));
      const body = { chunks: [Buffer.from(JSON.stringify({ events }))], format: 'json' as const };
      expect(await ingest.take({ ...body, tokenId: Number(token.ingestToken.id) })).toMatchObject({
        outcome: 'stored',
      });
      const { counts } = await until(
        async () => {
          const view = await getCurrent(admin, current.id);
          if (view?.kind !== 'Current') throw new Error(JSON.stringify(view));
          return view;
        },
        (view) => view.counts.selected === events.length && view.counts.pending === 0,
        60_000,
      );
      return counts;
    },
    async stop() {
      await engine.stop();
      await ingest.drain();
      await admin.close();
      await Promise.all([writer.end(), sql.end()]);
      await database.drop();
    },
  };
}
