import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serverAccount } from '../../src/services/account.js';
import { findFreePort } from '../../src/services/ports.js';
import { createTestDatabase, type TestDatabase } from '../endToEnd/database.js';
import { event } from '../endToEnd/events.js';
import { ledgerOf } from '../endToEnd/ledger.js';
import { startTestHub } from '../endToEnd/testHub.js';
import { until } from '../endToEnd/until.js';
import { runNode } from '../operations/programs.js';

/** B5 of the field reports: PgBouncer as Debian installs it. */

const program = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']
  .map((folder) => join(folder, 'pgbouncer'))
  .find(existsSync);
if (program === undefined) console.warn('not run (this machine has no pgbouncer): the hub behind a pooler');

let database: TestDatabase;
let folder: string;
const running: ChildProcess[] = [];

/** Starts a pooler to the database, and answers the URL to it. */
async function startPooler(mode: 'session' | 'transaction' | 'statement'): Promise<string> {
  const url = new URL(database.url);
  const port = await findFreePort();
  const file = join(folder, mode);
  await writeFile(`${file}.users`, `"${url.username}" "${decodeURIComponent(url.password)}"\n`);
  await writeFile(
    `${file}.ini`,
    `[databases]
* = host=${url.hostname} port=${url.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${file}.users
pool_mode = ${mode}
max_client_conn = 200
default_pool_size = 60
`,
  );
  const child = spawn(program ?? '', ['-q', `${file}.ini`], { ...serverAccount(), cwd: '/', stdio: 'ignore' });
  running.push(child);
  await until(
    () =>
      new Promise<boolean>((resolve) => {
        const socket = connectTcp(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
        socket.once('connect', () => socket.destroy());
      }),
    Boolean,
  );
  url.port = `${port}`;
  return url.href;
}

describe.skipIf(program === undefined)('a pooler', () => {
  beforeAll(async () => {
    database = await createTestDatabase();
    folder = await mkdtemp(join(tmpdir(), 'currents-pooler-'));
    await chmod(folder, 0o755);
  });
  afterAll(async () => {
    for (const child of running) {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
    await rm(folder, { recursive: true });
    await database.drop();
  });

  it.each(['transaction', 'statement'] as const)(
    'in %s mode is refused at the start, in one sentence',
    async (mode) => {
      const url = await startPooler(mode);
      for (const name of ['api', 'worker']) {
        const { exitCode, output } = await runNode([`apps/${name}/dist/main.js`], {
          DATABASE_URL: url,
          MASTER_KEY: Buffer.alloc(32).toString('base64'),
          API_PORT: '0',
          WORKER_PORT: '0',
        });
        expect(output).toMatch(new RegExp(`^${name}: DATABASE_URL leads to a pooler .* pool_mode to session, .*\n$`));
        expect(exitCode).toBe(1);
      }
    },
    60_000,
  );

  it('in session mode serves a whole hub, wake-ups included', async () => {
    const hub = await startTestHub({ projects: ['one'], databaseUrl: await startPooler('session') });
    try {
      const current = await hub.launch('one');
      expect((await hub.post([event(), event()])).status).toBe(200);
      const counts = await until(
        () => ledgerOf(hub.sql, current),
        ({ selected, pending }) => selected === 2 && pending === 0,
        30_000,
      );
      expect(counts).toMatchObject({ delivered: 2 });
      expect(hub.complaints.filter((line) => line.includes('queue_request.failed'))).toEqual([]);
    } finally {
      await hub.stop();
    }
  }, 120_000);
});
