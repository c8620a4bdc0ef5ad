import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '@currents/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../endToEnd/database.js';
import { until } from '../endToEnd/until.js';
import { runNode, startNode } from '../operations/programs.js';

/** B13 and A7 of the field reports: what keeps a program from starting is one sentence, once. */

let database: TestDatabase;
let taken: Server;
let takenPort: string;
let folder: string;
const masterKey = Buffer.alloc(32, 7).toString('base64');

beforeAll(async () => {
  database = await createTestDatabase();
  taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  takenPort = `${(taken.address() as AddressInfo).port}`;
  folder = mkdtempSync(join(tmpdir(), 'currents-field-start-'));
  writeFileSync(join(folder, 'file'), '');
});
afterAll(async () => {
  taken.close();
  rmSync(folder, { recursive: true });
  await database.drop();
});

const good = () => ({ DATABASE_URL: database.url, MASTER_KEY: masterKey, API_PORT: '0', WORKER_PORT: '0' });
const withUrl = (change: (url: URL) => void): Record<string, string> => {
  const url = new URL(database.url);
  change(url);
  return { DATABASE_URL: url.href };
};

interface Row {
  readonly what: string;
  readonly environment: () => Record<string, string>;
  readonly sentence: RegExp;
}

const both: readonly Row[] = [
  {
    what: 'a URL that is none',
    environment: () => ({ DATABASE_URL: 'CANARY' }),
    sentence: /the configuration is not usable: DATABASE_URL expected a URL that begins with postgres:\/\//,
  },
  {
    what: 'an unknown parameter',
    environment: () => withUrl((url) => url.searchParams.set('frobnicate', 'CANARY')),
    sentence: /the configuration is not usable: DATABASE_URL expected .*"frobnicate"; remove it/,
  },
  {
    what: 'a bad master key',
    environment: () => ({ MASTER_KEY: 'CANARY' }),
    sentence: /the configuration is not usable: MASTER_KEY expected exactly 32 bytes in base64.*/,
  },
  {
    what: 'a database that is away',
    environment: () => withUrl((url) => (url.port = '1')),
    sentence: /the database that DATABASE_URL names cannot be reached \(ECONNREFUSED\); .*/,
  },
  {
    what: 'a wrong password',
    environment: () => withUrl((url) => (url.password = 'CANARY')),
    sentence: /the database that DATABASE_URL names refuses the hub: password authentication failed .*\(28P01\)/,
  },
  {
    what: 'a database that does not exist',
    environment: () => withUrl((url) => (url.pathname = '/nowhere')),
    sentence: /the database that DATABASE_URL names refuses the hub: database "nowhere" does not exist \(3D000\)/,
  },
  {
    what: 'a server without the TLS that is asked for',
    environment: () => withUrl((url) => url.searchParams.set('sslmode', 'require')),
    sentence: /the database that DATABASE_URL names cannot be reached \(TLS_REFUSED\); .*sslmode.*/,
  },
];

describe.each(['api', 'worker'] as const)('the %s', (program) => {
  const own: readonly Row[] = [
    {
      what: 'a port that is taken',
      environment: () => ({ API_PORT: takenPort, WORKER_PORT: takenPort }),
      sentence: new RegExp(`port \\d+ of 127\\.0\\.0\\.1 is taken; set ${program.toUpperCase()}_PORT to a free one`),
    },
    {
      what: 'an address of another machine',
      environment: () => ({ API_HOST: '192.0.2.1', WORKER_HOST: '192.0.2.1' }),
      sentence: new RegExp(`${program.toUpperCase()}_HOST is no address of this machine \\(EADDRNOTAVAIL\\); .*`),
    },
  ];

  it.each([...both, ...own])('says $what in one sentence', async ({ environment, sentence }) => {
    const { exitCode, output } = await runNode([`apps/${program}/dist/main.js`], {
      ...good(),
      LOG_LEVEL: 'silent',
      ...environment(),
    });
    expect(output).toMatch(new RegExp(`^${program}: ${sentence.source}\n$`));
    expect(output).not.toContain('CANARY');
    expect(exitCode).toBe(1);
  });
});

it('the api makes its first admin token only once it listens', async () => {
  const file = join(folder, 'admin.token');
  const environment = { ...good(), LOG_LEVEL: 'silent', API_PORT: takenPort, ADMIN_TOKEN_FILE: file };
  expect((await runNode(['apps/api/dist/main.js'], environment)).exitCode).toBe(1);
  const sql = connect(database.url, { max: 1, name: 'test' });
  expect([(await sql`select from admin_token`).count, existsSync(file)]).toEqual([0, false]);
  await sql.end();
  const api = startNode(['apps/api/dist/main.js'], { ...environment, API_PORT: '0', DRAIN_SECONDS: '0' });
  await until(
    () => existsSync(file),
    (exists) => exists,
  );
  api.interrupt();
  expect(await api.ended).toEqual({ exitCode: 0, output: '' });
  expect(readFileSync(file, 'utf8')).toMatch(/^cur_admin_\S+\n$/);
});

describe('npm start', () => {
  const start = ['tools/run.mjs', 'start'];

  it('says once that a port is taken, and that it is the api’s', async () => {
    const { exitCode, output } = await runNode([...start, '--data', join(folder, 'kept')], {
      LOG_LEVEL: 'silent',
      API_PORT: takenPort,
      WORKER_PORT: '0',
    });
    const [first, ...rest] = output.trimEnd().split('\n');
    expect(first).toMatch(/^Starting the hub/);
    expect(rest).toEqual([`api: port ${takenPort} of 127.0.0.1 is taken; set API_PORT to a free one`]);
    expect(exitCode).toBe(1);
  }, 60_000);

  it('says in a sentence that its folder cannot be written', async () => {
    const { exitCode, output } = await runNode([...start, '--data', join(folder, 'file', 'data')]);
    expect(output.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^Starting the hub/),
      expect.stringMatching(
        /^npm start: cannot write \S+ \(ENOTDIR\); set --data to a folder that this account can write$/,
      ),
    ]);
    expect(exitCode).toBe(1);
  }, 60_000);
});
