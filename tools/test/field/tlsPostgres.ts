import { execFile } from 'node:child_process';
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { serverAccount } from '../../src/services/account.js';
import { startPostgres } from '../../src/services/postgres.js';

const run = promisify(execFile);

/** An embedded Postgres that serves TLS, with a certificate for `localhost` from an authority of its own. */
export type TlsPostgres = Exclude<Awaited<ReturnType<typeof startTlsPostgres>>, string>;

/** Answers why it cannot be started, where it cannot. */
export async function startTlsPostgres() {
  const folder = await mkdtemp(join(tmpdir(), 'currents-tls-'));
  const made = await makeCertificates(folder).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error,
  );
  if (made?.code === 'ENOENT') {
    await rm(folder, { recursive: true });
    return 'this machine has no openssl';
  }
  if (made) throw made;
  const server = await startPostgres({ durable: false });
  const sql = postgres(server.url, { max: 1, onnotice: () => undefined });
  const reload = async () => void (await sql`select pg_reload_conf()`);
  const hbaFile = (await sql<{ hba_file: string }[]>`show hba_file`)[0]?.hba_file ?? '';
  const hba = await readFile(hbaFile, 'utf8');
  await sql.unsafe(`alter system set ssl_cert_file = '${join(folder, 'server.crt')}'`);
  await sql.unsafe(`alter system set ssl_key_file = '${join(folder, 'server.key')}'`);
  const setTls = async (on: boolean): Promise<void> => {
    await sql.unsafe(`alter system set ssl = '${on ? 'on' : 'off'}'`);
    await reload();
  };
  await setTls(true);
  const url = new URL(server.url);
  return {
    url: (host = 'localhost', query = '') =>
      `postgres://${url.username}:${url.password}@${host}:${url.port}${url.pathname}${query && `?${query}`}`,
    port: Number(url.port),
    root: join(folder, 'ca.crt'),
    otherRoot: join(folder, 'other.crt'),
    setTls,
    /** Whether the server lets in those who come without TLS. */
    async takePlain(takes: boolean): Promise<void> {
      await writeFile(hbaFile, takes ? hba : hba.replace(/^host\b/gm, 'hostssl'));
      await reload();
    },
    async stop(): Promise<void> {
      await sql.end();
      await server.stop();
      await rm(folder, { recursive: true });
    },
  };
}

async function makeCertificates(folder: string): Promise<void> {
  const openssl = (...words: readonly string[]) => run('openssl', words, { cwd: folder });
  for (const name of ['ca', 'other']) {
    await openssl(
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`],
      ...['-keyout', `${name}.key`, '-out', `${name}.crt`],
    );
  }
  await openssl(
    ...[
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      '/CN=localhost',
      '-keyout',
      'server.key',
      '-out',
      'server.csr',
    ],
  );
  await writeFile(join(folder, 'names'), 'subjectAltName=DNS:localhost\n');
  await openssl(
    ...['x509', '-req', '-in', 'server.csr', '-days', '2', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'],
    ...['-extfile', 'names', '-out', 'server.crt'],
  );
  // Postgres wants its key for itself.
  const { uid, gid } = serverAccount();
  await chmod(folder, 0o755);
  await chmod(join(folder, 'server.key'), 0o600);
  if (uid !== undefined && gid !== undefined) await chown(join(folder, 'server.key'), uid, gid);
}
