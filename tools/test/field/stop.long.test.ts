import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProcess } from '../../src/services/processes.js';
import { createTestDatabase, type TestDatabase } from '../endToEnd/database.js';
import { until } from '../endToEnd/until.js';
import { startNode } from '../operations/programs.js';

/** A8, A9 and B10 of the field reports: how the programs end. */

const root = fileURLToPath(new URL('../../../', import.meta.url));
let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase();
  folder = mkdtempSync(join(tmpdir(), 'currents-stop-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await database.drop();
});

const own = () => ({
  DATABASE_URL: database.url,
  MASTER_KEY: Buffer.alloc(32, 3).toString('base64'),
  API_PORT: '0',
  WORKER_PORT: '0',
});

describe('the api, asked to end', () => {
  it('is not ready at once, serves requests for the drain time, and then ends', async () => {
    const api = startNode(['apps/api/dist/main.js'], { ...own(), DRAIN_SECONDS: '2' });
    const [, url = ''] =
      /"api\.ready","url":"([^"]+)"/.exec(await api.waitForOutput(/"api\.ready","url":"[^"]+"/)) ?? [];
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const askedMs = Date.now();
    api.interrupt();
    await until(
      async () => (await fetch(`${url}/readyz`)).status,
      (status) => status === 503,
      1_500,
    );
    const events = await fetch(`${url}/v1/events`, { method: 'POST', body: '{}' });
    expect(events.status).toBe(401);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await api.ended).exitCode).toBe(0);
    expect(Date.now() - askedMs).toBeGreaterThanOrEqual(2_000);
  }, 60_000);
});

/** Every process below this one, by /proc; the embedded Postgres and its guard stand apart from their starter's session. */
function descendants(id: number): number[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const below = (parent: number): number[] =>
    all.filter((child) => findProcess(child)?.parentId === parent).flatMap((child) => [child, ...below(child)]);
  return below(id);
}

/** What tells one process from a later one with the same id. */
const startOf = (id: number): string | undefined => {
  try {
    return readFileSync(`/proc/${id}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[19];
  } catch {
    return undefined;
  }
};

const hasProc = process.platform === 'linux';
if (!hasProc) console.warn('not run (only Linux has /proc): signals to npm');

describe.skipIf(!hasProc)('a signal to npm alone', () => {
  const commands = {
    'npm start': { words: ['start', '--', '--data', 'DATA'], ready: /The hub is running/, environment: () => ({}) },
    'npm run start:api': { words: ['run', 'start:api'], ready: /"api\.ready"/, environment: own },
    'npm run demo -- --keep': {
      words: ['run', 'demo', '--', '--events', '62', '--keep'],
      ready: /Three things to try/,
      environment: () => ({}),
    },
  } as const;
  const cases = Object.entries(commands).flatMap(([name, command]) =>
    (name === 'npm start' ? (['SIGTERM', 'SIGINT', 'SIGKILL'] as const) : (['SIGTERM'] as const)).map((signal) => ({
      name,
      signal,
      ...command,
    })),
  );

  it.each(cases)(
    '$signal to $name leaves no process behind',
    async ({ words, ready, environment, signal }) => {
      const data = join(folder, signal);
      const npm = spawn(
        'npm',
        words.map((word) => (word === 'DATA' ? data : word)),
        {
          cwd: root,
          env: {
            PATH: process.env['PATH'],
            HOME: process.env['HOME'],
            API_PORT: '0',
            WORKER_PORT: '0',
            DRAIN_SECONDS: '0',
            ...environment(),
          },
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      );
      let output = '';
      for (const stream of [npm.stdout, npm.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => (output += text));
      const ended = once(npm, 'exit');
      await until(
        () => output,
        (text) => ready.test(text),
        60_000,
      );
      const started = descendants(npm.pid ?? 0).map((id) => ({ id, start: startOf(id) }));
      expect(started.length).toBeGreaterThan(0);
      npm.kill(signal);
      await ended;
      await until(
        () =>
          started
            .filter(({ id, start }) => findProcess(id) !== undefined && startOf(id) === start)
            .map(({ id }) => findProcess(id)?.command),
        (left) => left.length === 0,
        30_000,
      );
    },
    120_000,
  );
});

describe('npm start', () => {
  it('ends with one sentence when its Postgres has died', async () => {
    const data = join(folder, 'dies');
    const hub = startNode(['tools/run.mjs', 'start', '--data', data], {
      API_PORT: '0',
      WORKER_PORT: '0',
      LOG_LEVEL: 'silent',
    });
    await hub.waitForOutput(/The hub is running/);
    const id = Number(readFileSync(join(data, 'postgres', 'cluster', 'postmaster.pid'), 'utf8').split('\n')[0]);
    process.kill(id, 'SIGKILL');
    const { exitCode, output } = await hub.ended;
    expect(output.trimEnd().split('\n').at(-1)).toMatch(
      /^The embedded Postgres ended by itself \(SIGKILL\), so the rest stops too; its last words are in \S+server\.log; /,
    );
    expect(exitCode).toBe(1);
  }, 45_000);
});
