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

/** A connection that could not be opened; codes of sockets, of postgres.js, and of Postgres when it stops or starts (57P). */
function isLostConnection(error: unknown): boolean {
  if (error instanceof ConnectFailed) return true;
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return false;
  return /^(ECONN\w+|EPIPE|ETIMEDOUT|CONNECT_TIMEOUT|CONNECTION_\w+|57P\d\d)$/.test(error.code);
}
