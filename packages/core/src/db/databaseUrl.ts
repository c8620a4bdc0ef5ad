import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';

/** libpq's `sslmode` (PostgreSQL manual, 34.19.1). */
export type SslMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/** What a database URL says, with libpq's meaning (PostgreSQL manual, 34.1.1 and 34.1.2). */
export interface DatabaseAddress {
  /** A name, an IPv4 or IPv6 address, or the directory of a Unix socket, which begins with `/`. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  readonly sslMode: SslMode;
  /** TLS starts at once, without a request in the server's own protocol (`sslnegotiation=direct`). */
  readonly isDirectTls: boolean;
  /** PEM. Undefined: the certificate authorities that Node trusts. */
  readonly rootCertificates: string | undefined;
  /** PEM; with `key`, what the hub shows to a server that asks for a certificate. */
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  readonly connectTimeoutMs: number;
  /** libpq's `options`, sent to the server as they are. */
  readonly options: string | undefined;
}

/** Its message is a clause that begins with `expected` and quotes no value: the URL holds a password. */
export class DatabaseUrlInvalid extends Error {}

const sslModes: readonly string[] = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];

/** Parameters that change nothing that the hub relies on, so a URL may carry them as a vendor printed it. */
const ignored = new Set(
  [
    // libpq: the hub names its connections itself and keeps them alive, and there is one host.
    'application_name fallback_application_name keepalives keepalives_idle keepalives_interval keepalives_count',
    'tcp_user_timeout gssencmode krbsrvname gsslib sslcompression sslsni load_balance_hosts target_session_attrs',
    // libpq, printed by Neon: neither driver can bind both ways; sslmode=verify-full is the stronger protection.
    'channel_binding',
    // node-postgres: libpq's meaning is the only one here.
    'uselibpqcompat',
    // Prisma: for its own pool, and for its own tables.
    'schema connection_limit pool_timeout socket_timeout statement_cache_size pgbouncer',
  ].flatMap((names) => names.split(' ')),
);

const understood = new Set(
  (
    'host port user password dbname connect_timeout options ssl sslmode sslrootcert sslcert sslkey sslnegotiation ' +
    'client_encoding'
  ).split(' '),
);

const form = /^postgres(?:ql)?:\/\/([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s;

/** Reads a `postgres://` URL. Throws `DatabaseUrlInvalid`. Reads the files that it names. */
export function parseDatabaseUrl(url: string): DatabaseAddress {
  const [, authority, path = '', query = ''] = form.exec(url) ?? refuse('expected a URL that begins with postgres://');
  const at = authority?.lastIndexOf('@') ?? -1;
  const [name = '', ...passwordParts] = (authority ?? '').slice(0, Math.max(at, 0)).split(':');
  const { host, port } = hostAndPort((authority ?? '').slice(at + 1));
  const parameters = readParameters(query);
  const text = (name: string): string | undefined => parameters.get(name) || undefined;
  const user = text('user') ?? (decode(name) || accountName());
  const address = {
    host: text('host') ?? (decode(host) || 'localhost'),
    port: portOf(text('port') ?? port ?? '5432'),
    user,
    password: text('password') ?? (passwordParts.length > 0 ? decode(passwordParts.join(':')) : undefined),
    database: text('dbname') ?? (decode(path) || user),
    connectTimeoutMs: connectTimeoutOf(text('connect_timeout')),
    options: text('options'),
  };
  if (address.host.includes(',')) refuse('expected one host, got several');
  if (!/^(utf-?8|auto)?$/i.test(text('client_encoding') ?? '')) refuse('expected client_encoding to be UTF8');
  return { ...address, ...readTls(text) };
}

/** libpq's default. */
function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return refuse('expected a user name');
  }
}

function readTls(text: (name: string) => string | undefined) {
  const root = text('sslrootcert');
  const sslMode = sslModeOf(text, root);
  const negotiation = text('sslnegotiation') ?? 'postgres';
  if (negotiation !== 'postgres' && negotiation !== 'direct')
    refuse('expected sslnegotiation to be postgres or direct');
  const isDirectTls = negotiation === 'direct';
  if (isDirectTls && !/^(require|verify-)/.test(sslMode))
    refuse('expected sslmode=require or stronger with sslnegotiation=direct');
  if (sslMode === 'verify-ca' && root === undefined)
    refuse('expected sslrootcert with sslmode=verify-ca: the file of the certificate authority');
  const [certificate, key] = [fileOf(text, 'sslcert'), fileOf(text, 'sslkey')];
  if ((certificate === undefined) !== (key === undefined)) refuse('expected sslcert and sslkey together');
  return {
    // With a certificate authority of its own, `require` verifies (PostgreSQL manual, 34.19.1).
    sslMode: sslMode === 'require' && root !== undefined && text('sslmode') !== 'no-verify' ? 'verify-ca' : sslMode,
    isDirectTls,
    rootCertificates: root === 'system' ? undefined : fileOf(text, 'sslrootcert'),
    certificate,
    key,
  } as const;
}

function sslModeOf(text: (name: string) => string | undefined, root: string | undefined): SslMode {
  const ssl = text('ssl');
  if (ssl !== undefined && !/^(true|false|0|1)$/.test(ssl)) refuse('expected ssl to be true or false');
  // `ssl=true` is JDBC's, which libpq reads too; `no-verify` is node-postgres' word for what `require` means.
  const given = text('sslmode') ?? (ssl === 'true' || ssl === '1' ? 'require' : ssl && 'disable');
  if (given === undefined) return root === 'system' ? 'verify-full' : 'prefer';
  const mode = given === 'no-verify' ? 'require' : given;
  if (!sslModes.includes(mode)) refuse(`expected sslmode to be one of ${sslModes.join(', ')}`);
  // Anybody can get a certificate from a public authority, so less than its host's name proves nothing.
  if (root === 'system' && mode !== 'verify-full') refuse('expected sslmode=verify-full with sslrootcert=system');
  return mode as SslMode;
}

function readParameters(query: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of query.split('&').filter(Boolean)) {
    const [name = '', ...value] = pair.split('=');
    // What is no plain word may be a piece of a password that holds a question mark.
    if (!/^[A-Za-z_]{1,40}$/.test(name)) refuse('expected parameters of the form name=value after the question mark');
    if (ignored.has(name)) continue;
    if (!understood.has(name)) refuse(`expected parameters that the hub knows, got "${name}"; remove it`);
    parameters.set(name, decode(value.join('=')));
  }
  return parameters;
}

function hostAndPort(text: string): { readonly host: string; readonly port: string | undefined } {
  const [, address, name = '', port] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/s.exec(text) ?? refuse(expectedHost);
  return { host: address ?? name, port: port || undefined };
}

const expectedHost =
  'expected user:password@host:port/database, with an IPv6 address in brackets and special characters percent-encoded';

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  // What stands in the place of a port may be a piece of a password.
  return port >= 1 && port <= 65_535 ? port : refuse(expectedHost);
}

const defaultTimeoutMs = 5_000;

/** libpq's `connect_timeout`, in seconds: 0 and less mean no limit, and 1 means 2. At most a minute here. */
function connectTimeoutOf(text: string | undefined): number {
  if (text === undefined) return defaultTimeoutMs;
  if (!/^-?\d{1,9}$/.test(text)) refuse('expected connect_timeout to be a whole number of seconds');
  const seconds = Number(text);
  return (seconds <= 0 ? 60 : Math.min(60, Math.max(2, seconds))) * 1_000;
}

function fileOf(text: (name: string) => string | undefined, name: string): string | undefined {
  const path = text(name);
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return refuse(`expected ${name} to name a file that can be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse('expected special characters percent-encoded, a percent sign as %25');
  }
}

function refuse(message: string): never {
  throw new DatabaseUrlInvalid(message);
}
