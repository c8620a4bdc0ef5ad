import { once } from 'node:events';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { DatabaseAddress } from './databaseUrl.js';

/** Why no connection was made, in a sentence for people. `code` is that of the socket or of TLS. */
export class ConnectFailed extends Error {
  constructor(
    readonly code: string,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
    this.name = 'ConnectFailed';
  }
}

/** Asks the server to go on in TLS (PostgreSQL manual, 53.2.11). */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/**
 * Opens a connection to the server and secures it as `sslMode` says, with libpq's meaning. The server's own protocol
 * has not begun yet. Rejects with `ConnectFailed`, after `connectTimeoutMs` at the latest.
 */
export async function openSocket(address: DatabaseAddress): Promise<Socket> {
  const opened = new Set<Socket>();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const failure = new ConnectFailed('CONNECT_TIMEOUT', `no connection within ${address.connectTimeoutMs / 1000} s`);
    timer = setTimeout(() => reject(failure), address.connectTimeoutMs);
  });
  const opening = open(address, opened);
  try {
    const socket = await Promise.race([opening, late]);
    opened.delete(socket);
    return socket;
  } catch (error) {
    opening.catch(() => undefined);
    throw error instanceof ConnectFailed ? error : failureOf(error);
  } finally {
    clearTimeout(timer);
    for (const socket of opened) socket.on('error', () => undefined).destroy();
  }
}

async function open(address: DatabaseAddress, opened: Set<Socket>): Promise<Socket> {
  const { sslMode, host } = address;
  // TLS is never used on a Unix socket (PostgreSQL manual, 34.1.2).
  const isPlain = sslMode === 'disable' || host.startsWith('/');
  if (isPlain || (sslMode === 'allow' && (await takesPlain(address, opened)))) return openPlain(address, opened);
  try {
    return await openTls(address, opened);
  } catch (error) {
    if (sslMode !== 'prefer' || !(error instanceof TlsFailed)) throw error;
    return openPlain(address, opened);
  }
}

class TlsFailed extends ConnectFailed {}

async function openPlain({ host, port }: DatabaseAddress, opened: Set<Socket>): Promise<Socket> {
  const socket = connectTcp(host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port}` } : { host, port });
  opened.add(socket);
  await once(socket, 'connect');
  // An error between this and its next reader ends the connection, and not the process.
  return socket.setNoDelay(true).on('error', () => undefined);
}

async function openTls(address: DatabaseAddress, opened: Set<Socket>): Promise<Socket> {
  const { host, sslMode, isDirectTls } = address;
  const plain = await openPlain(address, opened);
  if (!isDirectTls && !(await offersTls(plain))) {
    if (sslMode === 'prefer') return plain;
    throw new ConnectFailed('TLS_REFUSED', `the server does not offer TLS, which sslmode=${sslMode} requires`);
  }
  const verifies = sslMode === 'verify-ca' || sslMode === 'verify-full';
  const secured = connectTls({
    socket: plain,
    // The name that the certificate must show, where that is verified. TLS knows no addresses as server names.
    host,
    ...(isIP(host) === 0 && { servername: host }),
    ...(isDirectTls && { ALPNProtocols: ['postgresql'] }),
    ...(address.rootCertificates !== undefined && { ca: address.rootCertificates }),
    ...(address.certificate !== undefined && { cert: address.certificate }),
    ...(address.key !== undefined && { key: address.key }),
    rejectUnauthorized: verifies,
    ...(sslMode !== 'verify-full' && { checkServerIdentity: () => undefined }),
  });
  opened.delete(plain);
  opened.add(secured);
  try {
    await once(secured, 'secureConnect');
  } catch (error) {
    const { code = 'TLS_FAILED', message } = error as NodeJS.ErrnoException;
    throw new TlsFailed(code, `TLS with sslmode=${sslMode} failed: ${message}`, error);
  }
  return secured.on('error', () => undefined);
}

async function offersTls(socket: Socket): Promise<boolean> {
  socket.write(sslRequest);
  const answer = await firstBytes(socket);
  // As the proxy of a container does whose server has not started.
  if (answer === undefined)
    throw new ConnectFailed('CONNECTION_CLOSED', 'the connection was closed before the server said anything');
  // More than one byte would have been sent by somebody in between, to be taken for what TLS protects (CVE-2021-23222).
  if (answer.length !== 1) throw new ConnectFailed('TLS_REFUSED', 'the server does not answer a request for TLS');
  return answer[0] === 'S'.charCodeAt(0);
}

/** Undefined when the server closes the connection instead. */
async function firstBytes(socket: Socket): Promise<Buffer | undefined> {
  const ended = new AbortController();
  const wait = { signal: ended.signal };
  try {
    const [bytes] = (await Promise.race([
      once(socket, 'data', wait),
      once(socket, 'end', wait).then(() => [undefined]),
    ])) as [Buffer | undefined];
    return bytes;
  } finally {
    ended.abort();
  }
}

const answers = new WeakMap<DatabaseAddress, boolean>();

/** Whether the server lets this user in without TLS. Asked once for an address, with a connection of its own. */
async function takesPlain(address: DatabaseAddress, opened: Set<Socket>): Promise<boolean> {
  const known = answers.get(address);
  if (known !== undefined) return known;
  const socket = await openPlain(address, opened);
  const { user, database } = address;
  const body = Buffer.from(`\0\x03\0\0user\0${user}\0database\0${database}\0\0`);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + 4);
  socket.write(Buffer.concat([length, body]));
  const answer = await firstBytes(socket);
  // It asks for a password, or it has refused.
  const takes = answer !== undefined && answer[0] === 'R'.charCodeAt(0);
  answers.set(address, takes);
  return takes;
}

function failureOf(error: unknown): ConnectFailed {
  const { code = 'UNKNOWN', message } = error as NodeJS.ErrnoException;
  return new ConnectFailed(code, message || `no connection (${code})`, error);
}
