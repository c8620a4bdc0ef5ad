import type { Logger } from 'pino';
import { ConnectFailed } from '../db/openSocket.js';

/**
 * postgres.js lets a rejection of its own go unhandled when a connection is lost while it is being opened. The query
 * behind it is answered with an error of its own, so the process has nothing to die for. Anything else still ends it.
 */
export function surviveLostConnections(log: Logger): void {
  process.on('unhandledRejection', (error) => {
    if (!isLostConnection(error)) throw error;
    log.warn(
      { event: 'connection.lost', err: error },
      'a connection to the database was lost while it was being opened',
    );
  });
}

/**
 * Whether an error, or what caused it, is a connection that could not be opened, or was lost: codes of sockets, of postgres.js,
 * and of Postgres when it stops or starts (57P).
 */
export function isLostConnection(error: unknown): boolean {
  if (error instanceof ConnectFailed) return true;
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string' && lostCode.test(error.code)) return true;
  return error.cause !== undefined && error.cause !== error && isLostConnection(error.cause);
}

const lostCode = /^(ECONN\w+|EPIPE|ETIMEDOUT|CONNECT_TIMEOUT|CONNECTION_\w+|57P\d\d)$/;
