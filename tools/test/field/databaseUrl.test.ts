import { connect as connectTcp, createServer, type AddressInfo } from 'node:net';
import { connect, openWriter } from '@currents/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestHub } from '../endToEnd/testHub.js';
import { startTlsPostgres, type TlsPostgres } from './tlsPostgres.js';

/** B2 to B4 of the field reports: every client of the hub reads one URL in one way, libpq's. */

const started = await startTlsPostgres();
if (typeof started === 'string') console.warn(`not run (${started}): TLS to Postgres`);
const server = started as TlsPostgres;

const question = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()';

/** Whether each driver came over TLS, or the code of its refusal. */
async function ask(url: string): Promise<readonly unknown[]> {
  const sql = connect(url, { max: 1, name: 'test' });
  const writer = openWriter(url, { max: 1, name: 'test' });
  const codeOf = (error: { readonly code?: string }) => error.code;
  try {
    return await Promise.all([
      sql.unsafe<{ ssl: boolean }[]>(question).then(([row]) => row?.ssl, codeOf),
      writer.run<{ ssl: boolean }>({ name: 'ssl', text: question }).then(([row]) => row?.ssl, codeOf),
    ]);
  } finally {
    await Promise.all([sql.end(), writer.end()]);
  }
}

describe.skipIf(typeof started === 'string')('a database URL', () => {
  afterAll(() => server.stop());

  interface Row {
    readonly query: string;
    readonly host?: string;
    readonly expected: boolean | string;
  }
  const root = 'sslrootcert=ROOT';
  const withTls: readonly Row[] = [
    { query: '', expected: true },
    { query: 'sslmode=disable', expected: false },
    { query: 'sslmode=allow', expected: false },
    { query: 'sslmode=prefer', expected: true },
    { query: 'sslmode=require', expected: true },
    { query: 'sslmode=require&channel_binding=require', expected: true },
    { query: 'sslmode=no-verify', expected: true },
    { query: 'ssl=true', expected: true },
    { query: `sslmode=require&${root}`, expected: true },
    {
      query: 'sslmode=require&sslrootcert=OTHER',
      expected: 'SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    },
    { query: `sslmode=verify-ca&${root}`, host: '127.0.0.1', expected: true },
    { query: `sslmode=verify-full&${root}`, expected: true },
    { query: `sslmode=verify-full&${root}`, host: '127.0.0.1', expected: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    { query: 'sslrootcert=system', expected: 'SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
    { query: 'schema=public&connection_limit=5&pgbouncer=true', expected: true },
  ];
  const withoutTls: readonly Row[] = [
    { query: '', expected: false },
    { query: 'sslmode=allow', expected: false },
    { query: 'sslmode=prefer', expected: false },
    { query: 'sslmode=require', expected: 'TLS_REFUSED' },
    { query: `sslmode=verify-full&${root}`, expected: 'TLS_REFUSED' },
  ];
  const onlyTls: readonly Row[] = [
    { query: 'sslmode=disable', expected: '28000' },
    { query: 'sslmode=allow', expected: true },
    { query: 'sslmode=prefer', expected: true },
  ];

  async function check({ query, host, expected }: Row): Promise<void> {
    const files = query.replace('ROOT', server.root).replace('OTHER', server.otherRoot);
    const found = await ask(server.url(host, files));
    const matches = typeof expected === 'boolean' ? expected : (expect.stringMatching(`^(${expected})$`) as unknown);
    expect(found).toEqual([matches, matches]);
  }

  describe('of a server with TLS', () => {
    it.each(withTls)('with "$query" is read alike by all clients: $expected', check);
  });

  describe('of a server without TLS', () => {
    beforeAll(() => server.setTls(false));
    afterAll(() => server.setTls(true));
    it.each(withoutTls)('with "$query" is read alike by all clients: $expected', check);
  });

  describe('of a server that requires TLS', () => {
    beforeAll(() => server.takePlain(false));
    afterAll(() => server.takePlain(true));
    it.each(onlyTls)('with "$query" is read alike by all clients: $expected', check);
  });

  it('may name an IPv6 address', async ({ skip }) => {
    const forward = createServer((client) => {
      const onward = connectTcp(server.port, '127.0.0.1');
      client.on('error', () => onward.destroy()).pipe(onward);
      onward.on('error', () => client.destroy()).pipe(client);
    });
    const failure = await new Promise<Error | undefined>((resolve) =>
      forward.once('error', resolve).listen(0, '::1', () => resolve(undefined)),
    );
    if (failure) {
      console.warn(`not run (${failure.message}): a database URL with an IPv6 address`);
      return skip();
    }
    try {
      const { port } = forward.address() as AddressInfo;
      expect(await ask(server.url().replace(/@localhost:\d+/, `@[::1]:${port}`))).toEqual([true, true]);
    } finally {
      forward.close();
    }
  });

  it('lets a whole hub start, and every connection of it is what the URL asks for', async () => {
    const query = `sslmode=verify-full&sslrootcert=${server.root}&channel_binding=require&schema=public`;
    const hub = await startTestHub({ projects: ['one'], databaseUrl: server.url('localhost', query) });
    try {
      await hub.launch('one');
      const rows = await hub.sql<{ name: string; ssl: boolean }[]>`
        select application_name as name, ssl from pg_stat_activity join pg_stat_ssl using (pid)
        where application_name <> '' and datname = current_database()`;
      const names = new Set(rows.map(({ name }) => name));
      for (const name of ['currents-api', 'currents-worker', 'currents-queue', 'currents-worker-lease'])
        expect(names).toContain(name);
      // The test's own client, which starts the server, is the only one that comes as it likes.
      expect(rows.filter(({ name, ssl }) => !ssl && name !== 'postgres.js')).toEqual([]);
    } finally {
      await hub.stop();
    }
  }, 120_000);
});
