import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import { connectors, readConfig as readApiConfig, segmentExports } from '@currents/api';
import { connect, examine as examineHub, type Finding, type Sql } from '@currents/core';
import { readConfig as readWorkerConfig } from '@currents/worker';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startFakeBraze } from '../../src/fakes/braze/startFakeBraze.js';
import { createTestDatabase, type TestDatabase } from '../endToEnd/database.js';
import { redisForTest } from '../faults/redis.js';
import { openMailbox } from '../notices/mailbox.js';
import { runNode } from '../operations/programs.js';

/** `npm run doctor`: one line for each thing that the hub relies on, and what to do about it. */

const masterKey = randomBytes(32).toString('base64');
let database: TestDatabase;
let sql: Sql;
/** A connection to a database beside, for statements about databases and roles. */
let outside: Sql;
/** A partner's host, and a proxy that opens no tunnel: no test leaves this machine. */
let host: Server;
let hostUrl: string;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 1, name: 'test' });
  outside = connect(database.url.replace(/[^/]*$/, 'postgres'), { max: 1, name: 'test' });
  host = createServer((_request, response) => response.writeHead(404).end());
  host.on('connect', (_request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
  await new Promise<void>((resolve) => host.listen(0, '127.0.0.1', resolve));
  hostUrl = `http://127.0.0.1:${(host.address() as AddressInfo).port}`;
});
afterAll(async () => {
  host.close();
  await Promise.all([sql.end(), outside.end()]);
  await database.drop();
});

/** Takes connections, and closes each at once. */
let closer: TcpServer | undefined;

type Environment = Readonly<Record<string, string>>;
const good = (): Environment => ({
  DATABASE_URL: database.url,
  MASTER_KEY: masterKey,
  HTTPS_PROXY: hostUrl,
  ALLOW_PRIVATE_ADDRESSES: 'true',
  ALLOW_CUSTOM_BASE_URL: 'true',
  API_PORT: '0',
  WORKER_PORT: '0',
});

/** What the program does, in this process: starting it takes longer than all that it examines. */
async function examine(environment: Environment) {
  const findings: Finding[] = [];
  const options = { connectors, segmentExports, readConfigs: [readApiConfig, readWorkerConfig] };
  for await (const finding of examineHub(environment, options)) findings.push(finding);
  const lineOf = (subject: string): string => {
    const { status, detail } = findings.find((finding) => finding.subject === subject) as Finding;
    return `${status}: ${detail}`;
  };
  return { output: JSON.stringify(findings), lineOf };
}

async function addCurrent(destination: string, baseUrl: string): Promise<void> {
  await sql`
    insert into current (name, contact_email, destination, settings, state, selection)
    values (${destination}, 'ops@example.com', ${destination}, ${sql.json({ region: 'us', baseUrl })}, 'paused', '{}')`;
}

async function addSync(baseUrl: string): Promise<void> {
  const settings = { restEndpoint: 'https://rest.fra-01.braze.eu', attribute: 'buyers', baseUrl };
  const [segment] = await sql<{ id: number }[]>`
    insert into segment (name, definition) values ('Buyers', '{}') returning id`;
  await sql`
    insert into segment_sync (segment_id, destination, settings, account, object_name, state)
    values (${segment?.id ?? 0}, 'braze', ${sql.json(settings)}, 'a', 'buyers', 'live')`;
}

it('says what is ok, line by line', async () => {
  for (const destination of ['mixpanel', 'amplitude']) await addCurrent(destination, hostUrl);
  try {
    const { exitCode, output } = await runNode(['tools/dist/doctor.js'], good());
    // The server of the tests has nothing to lose, so it need not be durable.
    const wrong = output.match(/^not ok .*$/gm) ?? [];
    expect(wrong.filter((line) => !/^not ok +durability /.test(line))).toEqual([]);
    for (const line of [
      /^ok +Node +\d+\.\d+/m,
      /^not checked +workers +none is alive/m,
      /^not checked +api +API_PORT is 0/m,
      /^ok +configuration +every variable can be read$/m,
      /^ok +database +PostgreSQL \d+.* at .*:\d+, with(out)? TLS/m,
      /^ok +sessions /m,
      /^ok +rights /m,
      /^ok +tables +those of this release$/m,
      /^ok +connections +\d+ of \d+ are left for the hub$/m,
      /^ok +clock +the database's clock is \d+ ms /m,
      /^(ok|not checked) +disk .*the database takes \d+ MB$/m,
      /^ok +master key /m,
      /^ok +reach Mixpanel +reached 127\.0\.0\.1:\d+$/m,
      /^ok +reach Amplitude +reached 127\.0\.0\.1:\d+$/m,
      /^ok +reach Braze +no segment sync names a host yet$/m,
      /^not checked +reach PostHog +cannot reach .*403.*; no Current sends to it$/m,
    ])
      expect(output).toMatch(line);
    expect(output).toMatch(wrong.length === 0 ? /\nAll is ok\.\n$/ : /\n1 not ok\.\n$/);
    expect(exitCode).toBe(wrong.length);
  } finally {
    await sql`truncate current cascade`;
  }
}, 60_000);

it('leaves an empty database empty', async () => {
  const name = `currents_doctor_${randomBytes(4).toString('hex')}`;
  await outside.unsafe(`create database ${name} encoding 'UTF8' lc_collate 'C' lc_ctype 'C' template template0`);
  const url = database.url.replace(/[^/]*$/, name);
  const empty = connect(url, { max: 1, name: 'test' });
  try {
    const { lineOf } = await examine({ ...good(), DATABASE_URL: url });
    expect(lineOf('tables')).toBe('ok: none yet: the first start makes them');
    expect(lineOf('master key')).toBe('ok: the first start stores what it is checked by');
    expect(await empty`select from pg_class where relnamespace = 'public'::regnamespace`).toHaveLength(0);
  } finally {
    await empty.end();
    await outside.unsafe(`drop database ${name}`);
  }
}, 60_000);

interface Row {
  readonly what: string;
  readonly subject: string;
  readonly line: RegExp;
  readonly environment?: () => Environment;
  /** Makes it so, and returns how to undo it. */
  readonly when?: () => Promise<() => Promise<unknown>>;
}

const nameOfDatabase = (): string => new URL(database.url).pathname.slice(1);
const withSetting = (setting: string) => async () => {
  await outside.unsafe(`alter database ${nameOfDatabase()} set ${setting}`);
  const name = setting.split(' ')[0];
  return () => outside.unsafe(`alter database ${nameOfDatabase()} reset ${name}`);
};

const rows: readonly Row[] = [
  {
    what: 'variables of either program that are wrong',
    subject: 'configuration',
    environment: () => ({ API_PORT: 'CANARY', RETENTION_DAYS: '0' }),
    line: /^not ok: API_PORT expected a whole number from 0 to 65535; RETENTION_DAYS expected .* from 3 to 365$/,
  },
  {
    what: 'a database that is away',
    subject: 'database',
    environment: () => ({ DATABASE_URL: 'postgres://CANARY:CANARY@127.0.0.1:1/CANARY' }),
    line: /^not ok: the database that DATABASE_URL names cannot be reached \(ECONNREFUSED\); see that it runs/,
  },
  {
    what: 'a database whose URL was pasted with a line end',
    subject: 'database',
    environment: () => ({ DATABASE_URL: `${database.url}\n` }),
    line: /^ok: PostgreSQL /,
  },
  {
    what: 'what accepts connections and closes them, as the proxy of a container does without its server',
    subject: 'database',
    when: async () => {
      closer = createTcpServer((socket) => socket.end()).listen(0, '127.0.0.1');
      await once(closer, 'listening');
      return async () => closer?.close();
    },
    environment: () => ({
      DATABASE_URL: `postgres://CANARY:CANARY@127.0.0.1:${(closer?.address() as AddressInfo).port}/CANARY`,
    }),
    line: /^not ok: the database that DATABASE_URL names cannot be reached \(CONNECTION_CLOSED\); see that it runs/,
  },
  {
    what: 'a read-only database',
    subject: 'database',
    when: withSetting('default_transaction_read_only = on'),
    line: /^not ok: it is read-only, as a standby is; set DATABASE_URL to the primary/,
  },
  {
    what: 'a server that may forget what it has committed',
    subject: 'durability',
    when: withSetting('synchronous_commit = off'),
    line: /^not ok: accepted events can be lost in a crash; set to on .*: .*synchronous_commit/,
  },
  {
    what: 'tables of a later release',
    subject: 'tables',
    when: async () => {
      await sql`insert into public.migration (hash, created_at) values ('later', 9e15)`;
      return () => sql`delete from public.migration where hash = 'later'`;
    },
    line: /^not ok: a later release of the hub has changed the tables; start that release/,
  },
  {
    what: 'a clock that is wrong',
    subject: 'clock',
    when: async () => {
      const now = Date.now.bind(Date);
      const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + 90_000);
      return async () => clock.mockRestore();
    },
    line: /^not ok: the database's clock is \d{5} ms behind this machine's; set both by NTP$/,
  },
  {
    what: 'another master key',
    subject: 'master key',
    when: async () => {
      await sql`insert into master_key_check (sealed) values (${Buffer.alloc(40, 1)}) on conflict do nothing`;
      return () => sql`delete from master_key_check`;
    },
    line: /^not ok: MASTER_KEY is not the key that sealed the secrets in this database; set the former one$/,
  },
  {
    what: 'a Redis whose URL cannot be read',
    subject: 'configuration',
    environment: () => ({ REDIS_URL: 'redis://:CANARY@127.0.0.1:port' }),
    line: /^not ok: REDIS_URL expected a URL that begins with redis/,
  },
  {
    what: 'a proxy whose password is not percent-encoded',
    subject: 'reach',
    environment: () => ({ HTTPS_PROXY: 'http://ana:CANARY%zz@127.0.0.1:1' }),
    line: /^not checked: the variables of the network are not usable$/,
  },
  {
    what: 'a Redis that is away',
    subject: 'Redis',
    environment: () => ({ REDIS_URL: 'redis://user:CANARY@127.0.0.1:1' }),
    line: /^not ok: the Redis that REDIS_URL names cannot be used \(ECONNREFUSED\); see that it runs/,
  },
  {
    what: 'hosts that a proxy does not let through',
    subject: 'reach Mixpanel',
    line: /^not ok: cannot reach api\.mixpanel\.com: .*403.*; allow them in the firewall, or set HTTPS_PROXY$/,
  },
  {
    what: 'the host of a Current',
    subject: 'reach Amplitude',
    when: async () => {
      await addCurrent('amplitude', 'http://127.0.0.1:1');
      return () => sql`truncate current cascade`;
    },
    line: /^not ok: cannot reach 127\.0\.0\.1:1: no connection \(ECONNREFUSED\); allow them/,
  },
  {
    what: 'the host of a segment sync',
    subject: 'reach Braze',
    when: async () => {
      await addSync('http://127.0.0.1:1');
      return () => sql`truncate segment cascade`;
    },
    line: /^not ok: cannot reach 127\.0\.0\.1:1: no connection \(ECONNREFUSED\); allow them/,
  },
];

describe('finds', () => {
  it.each(rows)(
    '$what',
    async ({ subject, line, environment, when }) => {
      const undo = await when?.();
      try {
        const { output, lineOf } = await examine({ ...good(), ...environment?.() });
        expect(lineOf(subject)).toMatch(line);
        expect(output).not.toContain('CANARY');
      } finally {
        await undo?.();
      }
    },
    60_000,
  );

  it('a database that is not in UTF8, and a role that may create nothing', async () => {
    const name = `currents_doctor_${randomBytes(4).toString('hex')}`;
    await outside.unsafe(`create database ${name} encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C' template template0`);
    await outside.unsafe(`create role ${name} login password '${name}'`);
    const url = new URL(database.url.replace(/[^/]*$/, name));
    try {
      const ascii = await examine({ ...good(), DATABASE_URL: url.href });
      expect(ascii.lineOf('database')).toMatch(/^not ok: expected a database in UTF8, got SQL_ASCII; create one/);
      url.pathname = nameOfDatabase();
      [url.username, url.password] = [name, name];
      const { lineOf } = await examine({ ...good(), DATABASE_URL: url.href });
      expect(lineOf('rights')).toMatch(
        new RegExp(`^not ok: (${name} may not create|\\d+ tables belong to another role)`),
      );
    } finally {
      await outside.unsafe(`drop database ${name}`);
      await outside.unsafe(`drop role ${name}`);
    }
  }, 60_000);
});

it('reaches the destination of a segment sync without sending it a member', async () => {
  const braze = await startFakeBraze({ projects: [{ workspaceId: 'shop', keys: ['key'] }] });
  await addSync(braze.url);
  try {
    const { lineOf } = await examine(good());
    expect(lineOf('reach Braze')).toBe(`ok: reached ${new URL(braze.url).host}`);
    expect(braze.control.countsOf('shop', 'buyers')).toMatchObject({ dataPoints: 0, profilesCreated: 0 });
  } finally {
    await sql`truncate segment cascade`;
    await braze.close();
  }
}, 60_000);

describe('judges a Redis', () => {
  /** Answers every command with what INFO says. */
  async function withRedis(info: string, look: (url: string) => Promise<void>): Promise<void> {
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (bytes: Buffer) => {
        const commands = bytes.toString('latin1').match(/^\*\d+\r$/gm) ?? [];
        for (const _ of commands) socket.write(`$${info.length}\r\n${info}\r\n`);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      await look(`redis://127.0.0.1:${(server.address() as AddressInfo).port}`);
    } finally {
      server.close();
    }
  }

  it.each([
    ['redis_version:5.0.14\r\nrole:master', /^not ok: expected Redis 6\.2 or newer, got 5\.0\.14; upgrade it$/],
    ['redis_version:7.2.0\r\nrole:slave', /^not ok: it is a replica, which cannot be written to/],
    [
      'redis_version:7.2.0\r\nrole:master\r\nmaxmemory:1000\r\nmaxmemory_policy:allkeys-lru',
      /^not ok: when it is full it forgets rate limits .*set maxmemory-policy to noeviction, not allkeys-lru$/,
    ],
    ['redis_version:7.2.0\r\nrole:master\r\nmaxmemory:0\r\nmaxmemory_policy:allkeys-lru', /^ok: Redis 7\.2\.0$/],
  ])(
    'of %j',
    (info, line) =>
      withRedis(info, async (REDIS_URL) => {
        const { lineOf } = await examine({ ...good(), REDIS_URL });
        expect(lineOf('Redis')).toMatch(line);
      }),
    60_000,
  );

  it.runIf(redisForTest())('that is real', async () => {
    const { lineOf } = await examine({ ...good(), REDIS_URL: redisForTest() ?? '' });
    expect(lineOf('Redis')).toMatch(/^ok: Redis \d+\./);
  });
});

it('an SMTP server that can be used, one that cannot, and mails without a sender', async () => {
  const mailbox = await openMailbox();
  const from = { NOTICE_FROM: 'currents@example.com' };
  const { lineOf } = await examine({ ...good(), ...from, SMTP_URL: mailbox.url });
  expect(lineOf('SMTP')).toMatch(/^ok: it can be reached/);
  expect(mailbox.mails).toEqual([]);
  await mailbox.close();
  const url = mailbox.url.replace('smtp://', 'smtp://ana:CANARY@');
  const away = await examine({ ...good(), ...from, SMTP_URL: url });
  expect(away.lineOf('SMTP')).toMatch(/^not ok: the SMTP server that SMTP_URL names cannot be used \(E\w+\); /);
  expect(away.output).not.toContain('CANARY');
  expect((await examine({ ...good(), SMTP_URL: url })).lineOf('configuration')).toMatch(
    /^not ok: NOTICE_FROM is missing/,
  );
}, 30_000);

it('checks what it can when variables are missing', async () => {
  const { exitCode, output } = await runNode(['tools/dist/doctor.js', '--json'], { HTTPS_PROXY: hostUrl });
  const findings = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Finding);
  expect(findings[1]?.detail).toMatch(/DATABASE_URL is missing.*MASTER_KEY is missing/);
  expect(findings.map(({ subject, status }) => `${subject} ${status}`)).toEqual([
    'Node ok',
    'configuration not ok',
    'database not checked',
    'workers not checked',
    'master key not checked',
    'reach Mixpanel not ok',
    'reach Amplitude not ok',
    'reach HTTP ok',
    'reach PostHog not ok',
    'reach Braze ok',
    'api not checked',
    'worker not checked',
  ]);
  expect(exitCode).toBe(1);
}, 60_000);
