import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as requestPlain } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAdminClient } from '../../src/hub/adminClient.js';
import { startHub, type RunningHub } from '../../src/hub/startHub.js';
import { findFreePort } from '../../src/services/ports.js';
import { createTestDatabase } from '../endToEnd/database.js';
import { events } from '../endToEnd/events.js';
import { until } from '../endToEnd/until.js';
import { startProcess, type RunningProcess } from './runProcess.js';

/**
 * deploy/compose/Caddyfile in front of an api, with TLS by a certificate authority of its own. Its address of the api is the
 * name `api` with port 4000, as in compose.yaml; a mount namespace gives Caddy an /etc/hosts with that name.
 */

const caddyfile = join(import.meta.dirname, '../../../deploy/compose/Caddyfile');
const domain = 'hub.example.com';
/** An address of this machine that nothing else listens on. */
const apiHost = '127.45.67.89';

const isThere = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
const canMount = (): boolean => spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;
const obstruction = !isThere('caddy')
  ? 'no caddy on this machine'
  : !canMount()
    ? 'it needs the right to mount'
    : undefined;
if (obstruction !== undefined) console.warn(`not run (${obstruction}): TLS by deploy/compose/Caddyfile`);

describe.skipIf(obstruction !== undefined)('deploy/compose/Caddyfile', () => {
  let folder: string;
  let hub: RunningHub;
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  const proxies: RunningProcess[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'currents-caddy-'));
    database = await createTestDatabase();
    const environment = { API_HOST: apiHost, API_PORT: '4000', WORKER_PORT: '0', TRUSTED_PROXIES: '127.0.0.0/8' };
    hub = await startHub({ databaseUrl: database.url, environment, workers: 0 });
  });
  afterAll(async () => {
    for (const proxy of proxies) proxy.stop();
    await Promise.all(proxies.map(({ ended }) => ended));
    await hub?.stop();
    await database?.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Options that lead the Caddyfile to free ports and to an authority that is not installed anywhere. */
  async function configure(name: string) {
    const [httpPort, httpsPort] = [await findFreePort(), await findFreePort()];
    const options = [
      'admin off',
      'local_certs',
      'skip_install_trust',
      `http_port ${httpPort}`,
      `https_port ${httpsPort}`,
    ];
    const path = join(folder, `Caddyfile.${name}`);
    writeFileSync(path, `{\n${options.map((line) => `\t${line}\n`).join('')}}\nimport ${caddyfile}\n`);
    writeFileSync(join(folder, 'hosts'), `127.0.0.1 localhost\n${apiHost} api\n`);
    return { path, httpPort, httpsPort };
  }
  const variables = (name: string, adminNetworks: string) => ({
    PATH: process.env['PATH'] ?? '',
    HOME: join(folder, name),
    XDG_DATA_HOME: join(folder, name),
    HUB_DOMAIN: domain,
    ADMIN_NETWORKS: adminNetworks,
  });

  /** Starts Caddy, and returns a client that trusts its authority only. */
  async function startCaddy(name: string, adminNetworks: string) {
    const { path, httpPort, httpsPort } = await configure(name);
    const script = 'mount --bind "$1" /etc/hosts && exec caddy run --adapter caddyfile --config "$2"';
    const words = ['unshare', '--mount', 'sh', '-c', script, 'sh', join(folder, 'hosts'), path];
    proxies.push(startProcess(words, { cwd: folder, environment: variables(name, adminNetworks), account: {} }));
    const authority = join(folder, name, 'caddy/pki/authorities/local/root.crt');
    await until(
      () => existsSync(authority),
      (isMade) => isMade,
      30_000,
    );
    const ca = readFileSync(authority);
    const ask = (target: string, options: { method?: string; headers?: Record<string, string>; body?: string } = {}) =>
      new Promise<{ status: number; body: string; authorized: boolean }>((resolve, reject) => {
        const { method = 'GET', headers = {}, body } = options;
        const to = { host: '127.0.0.1', port: httpsPort, servername: domain, ca, agent: false } as const;
        const call = request({ ...to, path: target, method, headers: { host: domain, ...headers } }, (response) => {
          let text = '';
          const authorized = (response.socket as { authorized?: boolean }).authorized === true;
          response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
          response.once('end', () => resolve({ status: response.statusCode ?? 0, body: text, authorized }));
        });
        call.once('error', reject).end(body);
      });
    // Its certificate is made when it has started to listen.
    await until(
      () =>
        ask('/').then(
          ({ status }) => status,
          () => 0,
        ),
      (status) => status !== 0,
      30_000,
    );
    return { ask, httpPort };
  }

  it('is valid', async () => {
    const { path } = await configure('valid');
    const words = ['caddy', 'validate', '--adapter', 'caddyfile', '--config', path];
    const { exitCode, output } = await startProcess(words, {
      cwd: folder,
      environment: variables('valid', '192.0.2.0/24'),
      account: {},
    }).ended;
    expect(output).toContain('Valid configuration');
    expect(exitCode).toBe(0);
  }, 60_000);

  it('leads senders over TLS to the api, admins to the console, and all others nowhere', async () => {
    const { ask, httpPort } = await startCaddy('open', '127.0.0.0/8');
    const token = await createAdminClient(hub.api.url, hub.adminToken ?? '').createIngestToken('caddy');
    const sent = await ask('/v1/events', {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ events: events(3) }),
    });
    expect([sent.status, sent.authorized]).toEqual([200, true]);
    expect(JSON.parse(sent.body)).toMatchObject({ accepted: 3 });

    expect(await ask('/')).toMatchObject({ status: 200, body: expect.stringContaining('<!doctype html>') });
    for (const path of ['/metrics', '/healthz', '/readyz', '/nothing'])
      expect((await ask(path)).status, path).toBe(404);
    expect(await redirectOf(httpPort, '/v1/events')).toEqual([
      308,
      expect.stringMatching(`^https://${domain}(:\\d+)?/v1/events$`),
    ]);
  }, 120_000);

  it('answers 404 to admins from other networks, and takes events from there', async () => {
    const { ask } = await startCaddy('closed', '192.0.2.0/24');
    for (const path of ['/', '/graphql', '/console/session']) expect((await ask(path)).status, path).toBe(404);
    // Without a token.
    expect((await ask('/v1/events', { method: 'POST', body: '{}' })).status).toBe(401);
  }, 120_000);
});

/** The status and the location that a plain request for the domain is answered with. */
function redirectOf(port: number, path: string): Promise<readonly [number | undefined, string | undefined]> {
  return new Promise((resolve, reject) => {
    const call = requestPlain(
      { host: '127.0.0.1', port, path, headers: { host: domain }, agent: false },
      (response) => {
        response.resume().once('end', () => resolve([response.statusCode, response.headers.location]));
      },
    );
    call.once('error', reject).end();
  });
}
