import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../endToEnd/database.js';
import { operatorCommands } from './operatorCommands.js';
import { openCli, type Cli, type RunningCli } from './cliHarness.js';

/** The commands of an operator: with the variables of the hub, and without a hub that runs. */

let database: TestDatabase;
let cli: Cli;

beforeAll(async () => {
  database = await createTestDatabase();
  cli = openCli({
    DATABASE_URL: database.url,
    MASTER_KEY: randomBytes(32).toString('base64'),
    API_PORT: String(await freePort()),
    WORKER_PORT: String(await freePort()),
    DRAIN_SECONDS: '0',
    // No test leaves this machine: nothing answers at this proxy.
    HTTPS_PROXY: 'http://127.0.0.1:9',
  });
}, 60_000);
afterAll(async () => {
  cli?.close();
  await database?.drop();
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The process of a program that `currents start` has started. */
function childOf({ pid }: RunningCli, program: 'api' | 'worker'): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  const found = children.find((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes(`/${program}/`));
  if (found === undefined) throw new Error(`no ${program} among ${children.join(', ')}`);
  return found;
}

const started = /The hub is running, with its api at (http:\S+)\. Ctrl-C or SIGTERM ends it\./;

async function startHub(): Promise<{ readonly hub: RunningCli; readonly url: string }> {
  const hub = cli.start(operatorCommands.start);
  await hub.waitFor(started);
  return { hub, url: started.exec(hub.output().stderr)?.[1] ?? '' };
}

describe('currents start', () => {
  it('runs api and workers, which doctor finds, until SIGTERM drains all of them', async () => {
    const { hub, url } = await startHub();
    const { stdout } = await cli.run(operatorCommands.doctor);
    expect(stdout).toMatch(/^ok +Node +\d+/m);
    expect(stdout).toMatch(/^ok +tables +those of this release$/m);
    expect(stdout).toMatch(/^ok +workers +2 are alive$/m);
    expect(stdout).toMatch(/^ok +master key +it opens the secrets in the database$/m);
    expect(stdout).toContain(`it answers at ${url}`);
    expect(stdout).toMatch(/^ok +worker +it answers at http/m);

    const token = (await cli.run('currents admin-token --role viewer --expires 1d ana')).stdout.trim();
    expect(token).toMatch(/^cur_admin_\S+$/);
    const listed = await cli.run('currents tokens list --json', '', { CURRENTS_URL: url, CURRENTS_TOKEN: token });
    expect(JSON.parse(listed.stdout)).toContainEqual(expect.objectContaining({ name: 'ana', role: 'VIEWER' }));

    hub.signal('SIGTERM');
    const ended = await hub.ended;
    expect(ended.exitCode, ended.stderr).toBe(0);
    for (const name of ['api', 'worker']) expect(ended.stdout).toContain(`"${name}.stopping"`);
  }, 120_000);

  it.each(['api', 'worker'] as const)(
    'ends with another exit code when its %s dies, after the others have drained',
    async (name) => {
      const { hub } = await startHub();
      process.kill(childOf(hub, name), 'SIGKILL');
      const { exitCode, stdout, stderr } = await hub.ended;
      expect(exitCode).toBe(137);
      expect(stderr).toMatch(new RegExp(`The ${name}( \\d)? ended by itself \\(exit code 137\\), so the rest`));
      const other = name === 'api' ? 'worker' : 'api';
      expect(stdout).toContain(`"${other}.stopping"`);
    },
    120_000,
  );

  it.each([
    ['DATABASE_URL', 'DATABASE_URL is missing; set it to the URL of a Postgres'],
    ['MASTER_KEY', 'MASTER_KEY is missing; set it to 32 random bytes in base64'],
  ])('without %s says what to set', async (name, words) => {
    const { exitCode, stderr } = await cli.run('currents start', '', { [name]: '' });
    expect(exitCode).toBe(2);
    expect(stderr).toContain(words);
  });
});

it('doctor finds a port that is taken, and says it in JSON', async () => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const { exitCode, stdout } = await cli.run('currents doctor --json', '', { API_PORT: String(port) });
    const findings = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { subject: string; status: string });
    expect(findings).toContainEqual({
      subject: 'api',
      status: 'not ok',
      detail: `cannot listen at http://127.0.0.1:${port} (EADDRINUSE); set API_PORT to a free port of this machine`,
    });
    expect(findings).toContainEqual(expect.objectContaining({ subject: 'worker', status: 'not checked' }));
    expect(exitCode).toBe(1);
  } finally {
    server.close();
  }
});

it.each([
  ['currents admin-token " "', {}, 2, 'expected 1 to 100 characters, got none'],
  ['currents admin-token ana', { DATABASE_URL: '' }, 2, 'DATABASE_URL is missing'],
  [
    'currents admin-token ana',
    { DATABASE_URL: 'mysql://CANARY@127.0.0.1/x' },
    2,
    'DATABASE_URL expected a URL that begins with postgres://',
  ],
  ['currents admin-token ana', { DATABASE_URL: 'postgres://CANARY:CANARY@127.0.0.1:1/x' }, 1, 'cannot be reached'],
] as const)('%s with %j is refused', async (line, environment, code, words) => {
  const { exitCode, stdout, stderr } = await cli.run(line, '', environment);
  expect([exitCode, stdout]).toEqual([code, '']);
  expect(stderr).toContain(words);
  expect(stderr).not.toMatch(/CANARY|^ +at /m);
});
